//! A logind that obeys the test: grants inhibitors, tells whether sleep is near, and says so.

use crate::house::wait_until;
use crate::private_bus::PrivateBus;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::runtime::{Builder, Runtime};
use zbus::Connection;
use zbus::connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedFd;

const OBJECT: &str = "/org/freedesktop/login1";

pub struct Logind {
    shared: Arc<Mutex<Shared>>,
    connection: Connection,
    runtime: Runtime,
}

#[derive(Default)]
struct Shared {
    preparing: bool,
    /// How often somebody has asked whether it is.
    asked: usize,
    /// What inhibitors were asked for, and our ends of them.
    inhibitors: Vec<([String; 4], UnixStream)>,
}

impl Logind {
    pub fn start(bus: &PrivateBus) -> Logind {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::new(Mutex::<Shared>::default());
        let serve = serve(bus.text(), Manager { shared: shared.clone() });
        let connection = runtime.block_on(serve).unwrap();
        Logind { shared, connection, runtime }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// Goes to sleep, or comes back; everybody is told.
    pub fn prepare(&self, preparing: bool) {
        self.shared().preparing = preparing;
        self.repeat(preparing, 1);
    }

    /// Says something that is not so, and waits until it has been heard.
    pub fn lie(&self, preparing: bool) {
        self.repeat(preparing, 1);
        let asked = self.shared().asked;
        wait_until(|| (self.shared().asked > asked + 1).then_some(())).expect("questions");
    }

    /// Says so many times, true or not, that it goes to sleep or comes back.
    pub fn repeat(&self, preparing: bool, times: usize) {
        let emitter = SignalEmitter::new(&self.connection, OBJECT).unwrap();
        for _ in 0..times {
            let signal = Manager::prepare_for_sleep(&emitter, preparing);
            self.runtime.block_on(signal).unwrap();
        }
    }

    /// What the inhibitors that are held now were asked for with.
    pub fn held(&self) -> Vec<[String; 4]> {
        let mut shared = self.shared();
        shared.inhibitors.retain_mut(|(_, end)| is_open(end));
        shared.inhibitors.iter().map(|(arguments, _)| arguments.clone()).collect()
    }

    pub fn wait_for_held(&self, count: usize) {
        wait_until(|| (self.held().len() == count).then_some(())).expect("so many inhibitors");
    }
}

/// Whether the other end is.
fn is_open(end: &mut UnixStream) -> bool {
    let outcome = end.read(&mut [0]);
    outcome.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

async fn serve(address: String, manager: Manager) -> zbus::Result<Connection> {
    let builder = connection::Builder::address(address.as_str())?;
    builder.serve_at(OBJECT, manager)?.name("org.freedesktop.login1")?.build().await
}

/// The object on the bus.
struct Manager {
    shared: Arc<Mutex<Shared>>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(&self, what: String, who: String, why: String, mode: String) -> OwnedFd {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let arguments = [what, who, why, mode];
        self.shared.lock().unwrap().inhibitors.push((arguments, ours));
        OwnedFd::from(std::os::fd::OwnedFd::from(theirs))
    }

    #[zbus(property)]
    fn preparing_for_sleep(&self) -> bool {
        let mut shared = self.shared.lock().unwrap();
        shared.asked += 1;
        shared.preparing
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}
