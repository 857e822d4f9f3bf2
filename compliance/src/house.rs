//! A whole installation in a private folder: configuration, scripted drivers and one upsd.
//!
//! Knows how to start a server of either maker and how to tell that it has read its devices.
//! Leaves the cases' content to the caller and processes to `program`.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::device::Device;
use crate::driver::Driver;
use crate::maker::Maker;
use crate::place::Place;
use crate::program::{Daemon, Outcome, run, wait_until};
use crate::talk::Talk;

/// The name of the scripted drivers' program.
const SCRIPTED: &str = "scripted";

/// The users most cases need: one who may do all, one who may log in, one who may test.
pub const USERS: &str = r##"
[admin]
    password = "se cret"
    actions = SET FSD
    instcmds = ALL
    upsmon primary
[watcher]
    password = watch
    upsmon secondary
[tester]
    password = try
    instcmds = test.battery.start
"##;

/// What a case asks for, before it is started.
pub struct House {
    maker: Maker,
    place: Place,
    upsd_conf: String,
    ups_conf: String,
    users: String,
    devices: Vec<(String, Option<Device>)>,
}

/// A started installation; everything ends with it.
pub struct Running {
    maker: Maker,
    /// The folder and address of this installation.
    pub place: Place,
    /// The server.
    pub upsd: Daemon,
    drivers: Vec<Driver>,
}

impl House {
    /// An installation whose server is the one under test.
    pub fn new() -> House {
        House::of(Maker::under_test())
    }

    /// An installation with a server of the given maker.
    pub fn of(maker: Maker) -> House {
        House {
            maker,
            place: Place::new(),
            upsd_conf: String::new(),
            ups_conf: String::new(),
            users: USERS.to_string(),
            devices: Vec::new(),
        }
    }

    /// One UPS named `u` with the usual device and the description `Server room "A"`.
    pub fn usual() -> Running {
        House::new().ups("u", r#"desc = "Server room \"A\"""#, Device::usual()).start()
    }

    /// Adds a UPS served by a scripted driver; `settings` are further lines of its section.
    pub fn ups(mut self, name: &str, settings: &str, device: Device) -> House {
        self.ups_conf += &section(name, SCRIPTED, settings);
        self.devices.push((name.to_string(), Some(device)));
        self
    }

    /// Adds a UPS whose driver does not run.
    pub fn absent(mut self, name: &str, settings: &str) -> House {
        self.ups_conf += &section(name, SCRIPTED, settings);
        self.devices.push((name.to_string(), None));
        self
    }

    /// Adds a section as it is, for a driver that the case starts itself.
    pub fn ups_conf(mut self, text: &str) -> House {
        self.ups_conf += text;
        self
    }

    /// Adds lines to upsd.conf.
    pub fn upsd_conf(mut self, text: &str) -> House {
        self.upsd_conf += &format!("{text}\n");
        self
    }

    /// Replaces the users.
    pub fn users(mut self, text: &str) -> House {
        self.users = text.to_string();
        self
    }

    /// The folder and address before the start, to put more files there.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Writes the files, starts drivers and server, and waits until all data is there.
    ///
    /// # Panics
    /// When the server does not answer or does not get its data.
    pub fn start(self) -> Running {
        let House { maker, place, upsd_conf, ups_conf, users, devices } = self;
        let listen = format!("LISTEN {} 3493\n", place.address());
        let data = format!("DATAPATH {}\n", Place::stock_data().display());
        place.write("upsd.conf", &(listen + &data + &upsd_conf));
        place.write("ups.conf", &ups_conf);
        place.write("upsd.users", &users);
        let socket = |name: &str| place.run().join(format!("{SCRIPTED}-{name}"));
        let present = devices.iter().filter_map(|(name, device)| Some((name, device.as_ref()?)));
        let drivers: Vec<Driver> = present
            .clone()
            .map(|(name, device)| Driver::start(&socket(name), device.clone()))
            .collect();
        let upsd = Daemon::start(&mut upsd_command(&place, maker), place.file("upsd.log"));
        let names: Vec<(String, Device)> =
            present.map(|(name, device)| (name.clone(), device.clone())).collect();
        let running = Running { maker, place, upsd, drivers };
        running.wait_listening();
        names.iter().for_each(|(name, device)| running.wait_data(name, device));
        running
    }
}

impl Default for House {
    fn default() -> Self {
        House::new()
    }
}

impl Running {
    /// Whose server runs here.
    pub fn maker(&self) -> Maker {
        self.maker
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.place.address().into(), 3493)
    }

    /// A new client connection; `drv` lines speak for the first scripted driver.
    pub fn talk(&self) -> Talk<'_> {
        Talk::tcp(self.address(), self.maker, self.drivers.first())
    }

    /// A new client connection that has given a name and a password.
    pub fn talk_as(&self, user: &str, password: &str) -> Talk<'_> {
        let mut talk = self.talk();
        talk.says(&format!("> USERNAME {user}\n> PASSWORD \"{password}\"\n< OK\n< OK"));
        talk
    }

    /// The scripted driver of the n-th UPS, counted from 0.
    ///
    /// # Panics
    /// When there are not that many.
    pub fn driver(&self, number: usize) -> &Driver {
        self.drivers.get(number).expect("a scripted driver of that number")
    }

    /// Runs a client program of the maker under test to its end, as [`Running::client_of`].
    pub fn client(&self, program: &str, args: &[&str]) -> Outcome {
        self.client_of(self.maker, program, args, "")
    }

    /// Runs a client program of either maker, feeding it `input`. In its arguments `@` stands
    /// for `@` and this server's address, in its output `HOST` stands for that address.
    pub fn client_of(&self, maker: Maker, program: &str, args: &[&str], input: &str) -> Outcome {
        let host = self.place.address().to_string();
        let at_host = format!("@{host}");
        let complete = |arg: &&str| match arg.strip_suffix('@') {
            Some(ups) => ups.to_string() + &at_host,
            None => arg.replace("HOST", &host),
        };
        let args: Vec<String> = args.iter().map(complete).collect();
        run(self.place.command(maker, program).args(args), input).with(&host, "HOST")
    }

    /// Waits until the server has all that `device` publishes.
    ///
    /// # Panics
    /// When it does not get it in time.
    pub fn wait_data(&self, ups: &str, device: &Device) {
        let (request, wanted) = device.last_thing(ups);
        let mut seen = String::new();
        let complete = || {
            seen = self.list(&request);
            let fresh = !device.is_stale() && seen.contains(&wanted);
            (fresh || device.is_stale() && seen.contains("DATA-STALE")).then_some(())
        };
        let result = wait_until(&wanted, complete);
        result.unwrap_or_else(|why| panic!("{why}; last:\n{seen}\nlog:\n{}", self.upsd.log()));
    }

    fn wait_listening(&self) {
        let up = || TcpStream::connect(self.address()).ok();
        let result = wait_until("a listening upsd", up);
        result.unwrap_or_else(|why| panic!("{why}; it printed:\n{}", self.upsd.log()));
    }

    /// A list's whole reply, or the error.
    fn list(&self, request: &str) -> String {
        let mut talk = self.talk();
        let first = talk.ask(request);
        match first.starts_with("BEGIN") {
            true => first + "\n" + &talk.lines_to(&format!("END {request}")).join("\n"),
            false => first,
        }
    }
}

/// upsd in the foreground, as the user who runs the case.
pub fn upsd_command(place: &Place, maker: Maker) -> Command {
    let mut command = place.command(maker, "upsd");
    command.arg("-F").args(["-u", &current_user()]);
    command
}

/// The administrator's password as one gives it to a client program of this maker.
pub fn password(maker: Maker) -> &'static str {
    maker.differs("a password with a blank needs no quotes of its own", "\"se cret\"", "se cret")
}

/// The name of the user who runs the case: daemons must not change to another one.
pub fn current_user() -> String {
    let output = Command::new("id").arg("-un").output().expect("the program id");
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

fn section(name: &str, driver: &str, settings: &str) -> String {
    format!("[{name}]\n    driver = {driver}\n    port = auto\n    {settings}\n")
}
