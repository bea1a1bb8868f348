import ArgumentParser
import HTTPServer
import Logging
import Service
import Store

/// `customer360 serve`: the service.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the service.",
    discussion: """
      Prints 'listening on http://HOST:PORT' once it accepts, and logs lines of JSON on standard error.
      Without --mongodb-uri it runs a private MongoDB under the data folder and stops it when it ends.
      Every option is also an environment variable: --data-dir is CUSTOMER360_DATA_DIR.

      EXAMPLES
        customer360 serve
        customer360 serve --port 0 --data-dir /var/lib/customer360
        customer360 serve --host 0.0.0.0 --mongodb-uri 'mongodb://db1,db2,db3/?replicaSet=rs0' \\
          --tls-cert server.pem --tls-key server.key
      """)

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var serving: ServingOptions

  func run() throws {
    let signals = ServiceSignals.install()
    let service = try RunningService(database: database, serving: serving)
    signals.onHangUp { service.reloadCertificates() }
    try service.start()
    // The one line on standard output: whoever started the service waits for it.
    StandardOutput.write("listening on \(service.url)\n")
    signals.waitForEnd()
    service.stop()
  }
}
