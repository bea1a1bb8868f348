import Foundation
import MongoTesting

/// A real Dovecot on loopback with one mailbox, for the tests of this process.
enum DovecotServer {
  private static let program = Programs.find(["/usr/sbin/dovecot"])
  static var isThere: Bool {
    program != nil && Programs.find(["/usr/bin/openssl"]) != nil && geteuid() == 0
      && FileManager.default.fileExists(atPath: "/usr/lib/dovecot/imap")
  }

  struct Running {
    var folder: String
    var port: Int
    var tlsPort: Int
    var mail: String { folder + "/mail" }
    var authority: String { folder + "/cert.pem" }
  }

  private static let started: Result<Running, any Error> = Result {
    let folder = "/tmp/customer360-dovecot-\(getpid())"
    let running = Running(folder: folder, port: Programs.freePort(), tlsPort: Programs.freePort())
    for part in ["", "/run", "/home", "/mail/new", "/mail/cur", "/mail/tmp"] {
      try FileManager.default.createDirectory(atPath: folder + part, withIntermediateDirectories: true)
    }
    TestFolder.atExit { try? FileManager.default.removeItem(atPath: folder) }
    try Programs.run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", running.authority,
      ])
    let configuration = """
      base_dir = \(folder)/run
      log_path = \(folder)/log
      protocols = imap
      listen = 127.0.0.1
      ssl = yes
      ssl_cert = <\(running.authority)
      ssl_key = <\(folder)/key.pem
      disable_plaintext_auth = no
      mail_location = maildir:\(running.mail)
      first_valid_uid = 1
      passdb {
        driver = static
        args = password=secret
      }
      userdb {
        driver = static
        args = uid=mail gid=mail home=\(folder)/home
      }
      service imap-login {
        inet_listener imap {
          port = \(running.port)
        }
        inet_listener imaps {
          port = \(running.tlsPort)
        }
      }
      """
    try configuration.write(toFile: folder + "/dovecot.conf", atomically: true, encoding: .utf8)
    try Programs.run("/bin/chown", ["-R", "mail:mail", running.mail, folder + "/home"])
    try Programs.run("/bin/chmod", ["755", folder])
    try Programs.start(program ?? "", ["-F", "-c", folder + "/dovecot.conf"], log: folder + "/out", signal: SIGKILL)
    for _ in 0..<200 {
      if (try? Programs.run("/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(running.port)"])) != nil {
        return running
      }
      // A server on its way up tells nobody; it is asked again.
      usleep(50_000)
    }
    throw ProgramFailed(text: "Dovecot did not start")
  }

  static var running: Running { get throws { try started.get() } }

  /// Puts a message into the mailbox, as a delivery does.
  static func deliver(_ name: String, _ message: String) throws {
    let mail = try running.mail
    try message.write(toFile: "\(mail)/tmp/\(name)", atomically: false, encoding: .utf8)
    try Programs.run("/bin/chown", ["mail:mail", "\(mail)/tmp/\(name)"])
    try FileManager.default.moveItem(atPath: "\(mail)/tmp/\(name)", toPath: "\(mail)/new/\(name)")
  }
}
