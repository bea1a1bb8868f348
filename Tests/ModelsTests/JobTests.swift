import BSON
import Models
import MongoTesting
import Store
import Testing

@Suite("Jobs")
struct JobTests {
  /// A job as another process left it.
  private func abandoned(_ world: World, attempts: Int) throws -> String {
    let job = BSONDocument {
      $0.append("_id", "job_left")
      $0.append("kind", "train")
      $0.append("model", "kmeans")
      $0.append("type", "KMEANS")
      $0.append("options", fourClusters)
      $0.append("seed", 1)
      $0.append("state", "running")
      $0.append("owner", "models/gone")
      $0.append("attempts", attempts)
      $0.append("createdAt", World.day(59))
    }
    try world.store.registry.set(job: job, deadline: .ofTest)
    return "job_left"
  }

  @Test func `a job whose process is gone is started again and says so`() throws {
    let world = try World()
    try world.populateSegments(80)
    let id = try abandoned(world, attempts: 1)
    let service = world.service()
    defer { service.stop() }
    let job = try service.finished(BSONDocument { $0.append("id", id) })
    #expect(job.string("state") == "succeeded", "\(job)")
    #expect(job.string("note")?.contains("started again") == true)
    #expect(job.int("attempts") == 2)
    #expect(job.string("owner") == nil)
    #expect(try service.model("kmeans").string("defaultVersionId") == "1")
  }

  @Test func `a job that lost its process too often fails`() throws {
    let world = try World()
    let id = try abandoned(world, attempts: 2)
    let service = world.service()
    defer { service.stop() }
    let job = try service.finished(BSONDocument { $0.append("id", id) })
    #expect(job.string("state") == "failed")
    #expect(job.document("error")?.string("code") == "interrupted")
  }

  @Test func `a job is left alone while its process holds the lease`() throws {
    let world = try World()
    try world.populateSegments(80)
    let id = try abandoned(world, attempts: 1)
    let held = try world.store.acquireLease(
      "training/kmeans", owner: "models/gone", milliseconds: 60_000, deadline: .ofTest)
    let lease = try #require(held)
    let service = world.service()
    defer { service.stop() }
    // Another model's job is done meanwhile, so the runner has looked at both.
    let options = BSONDocument {
      $0.append("MODEL_TYPE", "KMEANS")
      $0.append("NUM_CLUSTERS", 2)
    }
    #expect(try service.trained("other", options).string("state") == "succeeded")
    #expect(try service.job(id).string("state") == "running")
    try world.store.releaseLease(lease, deadline: .ofTest)
    #expect(try service.finished(BSONDocument { $0.append("id", id) }).string("state") == "succeeded")
  }

  @Test func `a service that stops hands its job back`() throws {
    let world = try World()
    try world.populateSegments(2000)
    let first = world.service { $0.customersPerStep = 5 }
    let job = try first.train("kmeans", options: fourClusters)
    let id = job.string("id") ?? ""
    #expect(try eventually { try first.job(id).string("state") == "running" })
    first.stop()
    #expect(try first.job(id).string("state") == "queued")
    #expect(try first.job(id).string("note")?.contains("shut down") == true)
    let second = world.service()
    defer { second.stop() }
    #expect(try second.finished(job).string("state") == "succeeded")
  }

  @Test func `a running job can be cancelled, also from another replica`() throws {
    let world = try World()
    try world.populateSegments(2000)
    let runner = world.service { $0.customersPerStep = 5 }
    defer { runner.stop() }
    let job = try runner.train("kmeans", options: fourClusters)
    let id = job.string("id") ?? ""
    #expect(try eventually { try runner.job(id).string("state") == "running" })
    _ = try world.store.registry.cancelJob(id, at: World.day(60), deadline: .ofTest)
    #expect(try runner.finished(job).string("state") == "cancelled")
    expect(throws: notFound(.version)) { try runner.version("1", ofModel: "kmeans") }
    // The next one gets the number that the cancelled one did not use.
    #expect(try runner.cancelJob(id).string("state") == "cancelled")
  }

  @Test func `jobs of one model run one after the other`() throws {
    let world = try World()
    try world.populateSegments(80)
    let (one, two) = (world.service(), world.service())
    defer {
      one.stop()
      two.stop()
    }
    let jobs = try (0..<6).map { try ($0 % 2 == 0 ? one : two).train("kmeans", options: fourClusters, seed: Int64($0)) }
    let versions = try jobs.map { try one.finished($0).string("version") ?? "" }
    #expect(versions.sorted() == ["1", "2", "3", "4", "5", "6"])
    #expect(try one.jobs(ofModel: "kmeans").count == 6)
    #expect(
      try eventually {
        try two.model("kmeans").string("servingVersionId") == one.model("kmeans").string("defaultVersionId")
      })
  }

  @Test func `a promotion and a rollback are taken however many jobs wait, by one job for all`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service { $0.queuedJobsMax = 2 }
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    try service.trained("kmeans", fourClusters, seed: 2)
    let held = try eventually {
      try world.store.acquireLease("training/kmeans", owner: "somebody", milliseconds: 60_000, deadline: .ofTest) != nil
    }
    #expect(held)
    _ = try service.train("kmeans")
    _ = try service.train("kmeans")
    expect(throws: ErrorPattern { if case .busy(2) = $0 { true } else { false } }) { try service.train("kmeans") }
    let back = try service.rollback("kmeans")
    let again = try service.setDefault("2", ofModel: "kmeans")
    let last = try service.rollback("kmeans")
    #expect(last.string("defaultVersionId") == "1")
    let id = last.string("jobId") ?? ""
    #expect(back.string("jobId") == id && again.string("jobId") == id)
    for job in try service.jobs(ofModel: "kmeans") where job.string("kind") == "train" {
      if job.string("state") == "queued" { _ = try service.cancelJob(job.string("id") ?? "") }
    }
    let lease = try world.store.acquireLease(
      "training/kmeans", owner: "somebody", milliseconds: 60_000, deadline: .ofTest)
    try world.store.releaseLease(try #require(lease), deadline: .ofTest)
    let done = try service.finished(BSONDocument { $0.append("id", id) })
    #expect(done.string("state") == "succeeded" && done.string("version") == "1", "\(done)")
    #expect(try service.model("kmeans").string("outputs") == "kmeans:1")
  }

  @Test func `so many jobs wait and no more`() throws {
    let world = try World()
    let held = try world.store.acquireLease(
      "training/kmeans", owner: "somebody", milliseconds: 60_000, deadline: .ofTest)
    #expect(held != nil)
    let service = world.service { $0.queuedJobsMax = 2 }
    defer { service.stop() }
    let first = try service.train("kmeans")
    _ = try service.train("kmeans")
    expect(throws: ErrorPattern { if case .busy(2) = $0 { true } else { false } }) { try service.train("kmeans") }
    #expect(try service.cancelJob(first.string("id") ?? "").string("state") == "cancelled")
    _ = try service.train("kmeans")
    expect(throws: notFound(.job)) { try service.job("job_none") }
  }
}
