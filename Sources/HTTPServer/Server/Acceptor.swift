import CSockets
import Synchronization

/// Accepts connections on the first loop and deals them out to the loop that has the fewest.
final class Acceptor {
  private var listener: Int32
  private let core: ServerCore
  private let loops: [EventLoop]
  /// Kept open to be given up for one answer when no descriptor is left.
  private var spare: Int32

  init(listener: Int32, core: ServerCore, loops: [EventLoop]) {
    self.listener = listener
    self.core = core
    self.loops = loops
    spare = c360_open_spare()
  }

  /// Begins to accept, or goes on after a pause.
  func start(on loop: EventLoop) {
    loop.acceptResumesAt = .max
    c360_epoll_add_reader(loop.epoll, listener, EventLoop.listenerTag)
  }

  /// Takes a bounded number, so that a storm of connections does not keep the loop from those it has.
  func accept(on loop: EventLoop) {
    for _ in 0..<16 {
      guard acceptOne(on: loop) else { return }
    }
  }

  private func acceptOne(on loop: EventLoop) -> Bool {
    var raw = c360_address()
    // The kernel's answer is copied into a local.
    let descriptor = unsafe c360_accept(listener, &raw)
    if descriptor >= 0 {
      deal(descriptor, PeerAddress(raw), on: loop)
      return true
    }
    switch -descriptor {
    case 11: return false  // EAGAIN: no one waits
    case 24, 23: return giveUpSpare(on: loop)  // EMFILE, ENFILE
    default: return true  // ECONNABORTED and its kin belong to that one connection
    }
  }

  private func deal(_ descriptor: Int32, _ peer: PeerAddress, on loop: EventLoop) {
    core.tally.accepted.add(1, ordering: .relaxed)
    guard core.census.enter(peer) else { return loop.refuse(descriptor, peer) }
    var target = loop
    for other in loops where other.load.load(ordering: .relaxed) < target.load.load(ordering: .relaxed) {
      target = other
    }
    if target === loop { loop.adopt(descriptor, peer) } else { target.post(.adopt(descriptor: descriptor, peer: peer)) }
  }

  /// No descriptor is left: the spare one makes room to take one connection and answer it, instead of leaving it to hang
  /// and the loop to spin. Where even the spare one is gone, accepting pauses.
  private func giveUpSpare(on loop: EventLoop) -> Bool {
    if spare < 0 { spare = c360_open_spare() }
    guard spare >= 0 else {
      pause(on: loop)
      return false
    }
    c360_close(spare)
    var raw = c360_address()
    // The kernel's answer is copied into a local.
    let descriptor = unsafe c360_accept(listener, &raw)
    if descriptor >= 0 { loop.refuseAtOnce(descriptor) }
    spare = c360_open_spare()
    if descriptor < 0 { pause(on: loop) }
    return descriptor >= 0
  }

  private func pause(on loop: EventLoop) {
    c360_epoll_remove(loop.epoll, listener)
    loop.acceptResumesAt = loop.now + 50_000_000
  }

  /// Passes a message on to the other loops.
  func tellOthers(_ message: LoopMessage, from loop: EventLoop) {
    for other in loops where other !== loop { other.post(message) }
  }

  /// Takes what the kernel has completed already, then stops listening: nobody who was let in is turned away.
  func close(on loop: EventLoop) {
    guard listener >= 0 else { return }
    if !loop.isStopping { while acceptOne(on: loop) {} }
    c360_epoll_remove(loop.epoll, listener)
    c360_close(listener)
    listener = -1
    if spare >= 0 { c360_close(spare) }
    spare = -1
  }
}
