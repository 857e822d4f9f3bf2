//! The driver above a port, its main loop in virtual time, and what must hold at every step.
//!
//! Knows the order in which the kit's loop calls (`upsdrv::serve`) and the promises that are checked
//! after every call. What happens to the device is the caller's story.

use super::bus::{Bus, KERNEL_GIVES_UP, Mode, Port, Unit};
use super::{Fake, context, try_attach_in};
use nut_hid::map::Role;
use nut_hid::maps::Maps;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use upsdrv::Context;
use upsdrv::context::Effect;
use upsdrv_usbhid::engine::Engine;
use upsdrv_usbhid::finder::Finder;
use upsdrv_usbhid::keeper::Keeper;
use upsdrv_usbhid::localtime;
use upsdrv_usbhid::settings::Folders;
use upsdrv_usbhid::transport::Patience;

/// How often a round makes way for an interrupt report before it runs through.
const BREAKS: usize = 8;
/// Openings between two rounds: one for a loss that was told in between, one for the round itself.
const OPENINGS: usize = 2;
/// What a promise is broken by, in words.
pub type Broken = String;

/// A driver and its device.
pub struct Life {
    pub bus: Rc<RefCell<Bus>>,
    pub ctx: Context,
    keeper: Keeper,
    start: Instant,
    woken: Arc<AtomicBool>,
    next_update: Duration,
    timer: Option<Duration>,
    wait_before_reconnect: Duration,
    poll_frequency: Duration,
    /// Since when the device can tell nothing, or can tell everything.
    silent_since: Option<Duration>,
    good_since: Option<Duration>,
    /// Since when its values have stood still.
    still_since: Duration,
    /// Values came from chance and may stand until all are read anew.
    poisoned: bool,
    /// The device has a scale that is learned once, or a text that stands until there is another one
    /// (NUT 2.8.5): what chance put there stays.
    learns: bool,
    /// Connections that broke so far.
    breaks: u64,
    calls: usize,
    /// Whether the device chattered since the last round.
    chattered: bool,
    /// News sent since the last round.
    news: usize,
    rows: usize,
    /// What a new driver would have read of this device.
    expected: (Unit, BTreeMap<String, String>),
    pub stales: usize,
    pub recoveries: usize,
    pub comparisons: usize,
}

fn maps() -> &'static Maps {
    static MAPS: OnceLock<Maps> = OnceLock::new();
    MAPS.get_or_init(|| Maps::builtin().0)
}

impl Life {
    /// Starts the driver with these options on a good device.
    pub fn begin(unit: &Unit, options: &[&str], poll: u64) -> Life {
        let (bus, ids) = (Bus::new(unit.clone()), (unit.identity.vid, unit.identity.pid));
        let mut ctx = context(options);
        ctx.poll_interval = Duration::from_secs(poll);
        let start = ctx.now;
        let woken = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&woken);
        ctx.set_waker(Arc::new(move || flag.store(true, Ordering::Relaxed)));
        let folders = Folders { conf: "/nonexistent".into(), start: "/nonexistent".into() };
        let port = Port(Rc::clone(&bus));
        let finder = Finder::over(&ctx, &folders, |_| Ok(Box::new(port))).unwrap();
        let wait_before_reconnect = finder.settings.wait_before_reconnect;
        let mut keeper = Keeper::start(&mut ctx, finder).unwrap();
        let rows = keeper.device().map_or(0, |(engine, _)| engine.map().rows.len());
        let frequency = ctx.state.value("driver.parameter.pollfreq").unwrap().parse().unwrap();
        Life {
            bus,
            ctx,
            keeper,
            start,
            woken,
            next_update: Duration::ZERO,
            timer: None,
            wait_before_reconnect,
            poll_frequency: Duration::from_secs(frequency),
            silent_since: None,
            good_since: Some(Duration::ZERO),
            still_since: Duration::ZERO,
            poisoned: false,
            learns: [(0x0764, 0x0501), (0x0d9f, 0x0004)].contains(&ids),
            breaks: 0,
            chattered: false,
            calls: 0,
            news: 0,
            rows,
            expected: Default::default(),
            stales: 0,
            recoveries: 0,
            comparisons: 0,
        }
    }

    fn now(&self) -> Duration {
        self.bus.borrow().now
    }

    fn poll(&self) -> Duration {
        self.ctx.poll_interval
    }

    /// The longest that readings of a silent device may count as good. A report heard just before a
    /// round spares it a request, so the round after is the first to find out; that one may have to
    /// wait for an answer. NUT 2.8.5 says about one `pollinterval` for an unplugged device, never for a
    /// mute one; upsd's MAXAGE is 15 s.
    fn stale_bound(&self) -> Duration {
        2 * self.poll() + Patience::SERVING.read
    }

    /// The longest that a good device may count as lost: until the kernel has given up an old request
    /// and the next attempt is due, which may be refused once by `waitbeforereconnect`.
    fn recovery_bound(&self) -> Duration {
        2 * self.poll() + KERNEL_GIVES_UP + Patience::SERVING.read + self.wait_before_reconnect
    }

    /// Lets something happen to the device and notes what may now be expected of it.
    pub fn happen(&mut self, event: impl FnOnce(&mut Bus, &mut usize)) {
        let mut bus = self.bus.borrow_mut();
        event(&mut bus, &mut self.news);
        drop(bus);
        self.judge();
    }

    /// The device's values have changed, by chance or not.
    pub fn unsettle(&mut self, poisoned: bool) {
        self.still_since = self.now();
        self.poisoned |= poisoned;
    }

    /// Looks at the device and notes since when it has been like this.
    fn judge(&mut self) {
        let bus = self.bus.borrow();
        let time = bus.time();
        let there = bus.ours().is_some() && !bus.denied;
        let silent = !there || bus.mode.is_silent();
        self.silent_since = silent.then(|| self.silent_since.unwrap_or(time));
        // A connection that breaks makes the driver wait, if the user says so.
        let waits = bus.broken_pipe && !self.wait_before_reconnect.is_zero();
        let good = there && !waits && bus.mode == Mode::Good && bus.soon.is_none();
        let anew = std::mem::replace(&mut self.breaks, bus.breaks) != bus.breaks;
        self.good_since = self.good_since.filter(|_| !anew);
        self.good_since = good.then(|| self.good_since.unwrap_or(time));
        self.chattered |= bus.chatter;
        self.poisoned |= bus.mode == Mode::Garbage;
        if !good {
            self.still_since = time;
        }
        self.still_since = self.still_since.max(bus.written);
    }

    /// Orders something while the driver runs, if it has a device.
    pub fn order(
        &mut self,
        order: impl FnOnce(&mut Engine, &mut dyn upsdrv_usbhid::transport::Transport, &mut Context),
    ) {
        self.ctx.now = self.start + self.now();
        if let Some((engine, device)) = self.keeper.device() {
            order(engine, device, &mut self.ctx);
        }
        self.unsettle(false);
        let mut bus = self.bus.borrow_mut();
        (bus.now, bus.spent, bus.requests) = (bus.time(), Duration::ZERO, 0);
    }

    /// The loop, for as long as given.
    pub fn run(&mut self, time: Duration) -> Result<(), Broken> {
        let end = self.now() + time;
        loop {
            let due = self.next_update.min(self.timer.unwrap_or(Duration::MAX));
            let at =
                if self.woken.load(Ordering::Relaxed) { self.now() } else { due.max(self.now()) };
            if at > end {
                self.bus.borrow_mut().now = end.max(self.now());
                return self.check();
            }
            self.bus.borrow_mut().now = at;
            self.check()?;
            self.turn()?;
        }
    }

    /// One turn of the kit's loop: who woke it, the timer, the round.
    fn turn(&mut self) -> Result<(), Broken> {
        if self.woken.swap(false, Ordering::Relaxed) {
            self.call(|keeper, ctx| keeper.take_news(ctx))?;
        }
        if self.timer.is_some_and(|at| at <= self.now()) {
            self.timer = None;
            self.call(|keeper, ctx| keeper.go_on(ctx))?;
        }
        if self.next_update <= self.now() {
            (self.calls, self.news) = (0, 0);
            let mut bus = self.bus.borrow_mut();
            self.chattered = bus.chatter;
            (bus.requests, bus.opened) = (0, 0);
            self.next_update = bus.now + self.ctx.poll_interval;
            drop(bus);
            self.ctx.now = self.start + self.now();
            self.ctx.status.begin_round(&self.ctx.state, self.ctx.now);
            self.call(|keeper, ctx| keeper.round(ctx))?;
        }
        Ok(())
    }

    fn call(&mut self, what: impl FnOnce(&mut Keeper, &mut Context)) -> Result<(), Broken> {
        let (fresh, good) = (self.ctx.state.is_fresh(), self.good_since.is_some());
        self.ctx.now = self.start + self.now();
        what(&mut self.keeper, &mut self.ctx);
        for effect in self.ctx.take_effects() {
            if let Effect::Timer(moment) = effect {
                self.timer = moment.map(|at| at.saturating_duration_since(self.start));
            }
        }
        self.ctx.state.take_broadcasts();
        self.calls += 1;
        self.judge();
        {
            let mut bus = self.bus.borrow_mut();
            (bus.now, bus.spent) = (bus.time(), Duration::ZERO);
        }
        self.check_work()?;
        self.check()?;
        match (fresh, self.ctx.state.is_fresh()) {
            (true, false) => self.stales += 1,
            (false, true) => {
                self.recoveries += 1;
                if good {
                    self.poisoned &= self.learns;
                    self.compare_readings()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// No busy loop: so many calls and requests between two rounds, and no more.
    fn check_work(&self) -> Result<(), Broken> {
        let bus = self.bus.borrow();
        let told = if self.chattered { usize::MAX } else { self.news };
        let walks = 1 + told.min(BREAKS) + OPENINGS;
        // The driver also opens a broken pipe; its end is news again.
        let calls = 1 + self.news + OPENINGS + 2 * told.min(BREAKS);
        for (what, seen, most) in [
            ("openings", bus.opened, OPENINGS),
            ("requests", bus.requests, walks * self.rows),
            ("calls", self.calls, calls),
        ] {
            if seen > most {
                return Err(format!(
                    "busy loop: {seen} {what} since the last round, {most} allowed"
                ));
            }
        }
        Ok(())
    }

    /// What must hold at any moment.
    fn check(&mut self) -> Result<(), Broken> {
        let (now, fresh) = (self.now(), self.ctx.state.is_fresh());
        let last_sign = self.bus.borrow().last_sign;
        if let Some(since) = self.silent_since.filter(|_| fresh) {
            let silent = now.saturating_sub(since.max(last_sign));
            if silent > self.stale_bound() {
                return Err(format!("fresh though the device is silent for {silent:?}"));
            }
        }
        let good = self.good_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if good > self.recovery_bound() && !fresh {
            return Err(format!("stale though the device is good for {good:?}"));
        }
        let still = now.saturating_sub(self.still_since);
        if fresh && good > self.recovery_bound() && still > self.poll_frequency + 2 * self.poll() {
            self.compare_readings()?;
        }
        Ok(())
    }

    /// What is published must be what a driver started just now would publish.
    fn compare_readings(&mut self) -> Result<(), Broken> {
        if self.good_since.is_none() || self.poisoned {
            return Ok(());
        }
        let unit = self.bus.borrow().plugged.clone().unwrap_or_default();
        if self.expected.0 != unit {
            self.expected = (unit.clone(), self.readings(unit));
        }
        self.comparisons += 1;
        for (name, want) in &self.expected.1 {
            let got = self.ctx.state.value(name).unwrap_or_default();
            let same = if name == "ups.status" { power(got) == power(want) } else { got == want };
            if !same {
                return Err(format!("{name} is {got:?}, the device says {want:?}"));
            }
        }
        Ok(())
    }

    /// The readings that a new driver has of the device.
    fn readings(&self, unit: Unit) -> BTreeMap<String, String> {
        let mut device = Fake {
            identity: unit.identity,
            descriptor: unit.descriptor,
            feature: unit.feature,
            strings: unit.strings,
            ..Fake::default()
        };
        let mut ctx = context(&[]);
        ctx.options = self.ctx.options.clone();
        ctx.poll_interval = self.ctx.poll_interval;
        let zone = Arc::new(localtime::reader());
        let mut engine = try_attach_in(zone, maps(), &mut device, &mut ctx).unwrap();
        engine.init(&mut device, &mut ctx).unwrap();
        ctx.status.begin_round(&ctx.state, ctx.now);
        engine.update(&mut device, &mut ctx).unwrap();
        let own = |name: &str| {
            let mut rows = engine.map().rows.iter();
            rows.any(|r| matches!(&r.role, Role::Parameter { name: own, .. } if own == name))
        };
        let readings = ctx.state.variables().filter(|v| is_reading(&v.name) && !own(&v.name));
        readings.map(|v| (v.name.clone(), v.value.clone())).collect()
    }
}

/// Whether a variable is read from the device at once, and not gathered over rounds.
fn is_reading(name: &str) -> bool {
    !name.starts_with("driver.") && !["ups.alarm", "input.transfer.reason"].contains(&name)
}

/// Where the power comes from, by `ups.status`.
fn power(status: &str) -> Vec<&str> {
    status.split(' ').filter(|word| ["OL", "OB"].contains(word)).collect()
}
