//! A new configuration in the place of the old one, while clients stay.
//!
//! The files were read and found good before; this only says what changes by it.

use super::Server;
use crate::action::{Action, Level, Time, UpsId};
use crate::config::{Config, Device};
use crate::mirror::Mirror;

impl Server {
    /// Takes over a whole new configuration. Clients, logins and FSD stay with the UPSes that stay.
    pub fn on_reload(&mut self, now: Time, config: Config) {
        self.state.now = now;
        let Config { settings, devices, users, .. } = config;
        let idle_changed = self.state.settings.idle_timeout != settings.idle_timeout;
        self.state.settings = settings;
        self.state.users = users;
        self.heed_max_conn();
        self.change_devices(devices);
        if idle_changed {
            self.requeue_idle();
        }
        self.seek_drivers();
    }

    fn change_devices(&mut self, devices: Vec<Device>) {
        self.delete_missing(&devices);
        let mut new = Vec::new();
        for device in devices {
            match self.state.devices.find(&device.name).map(|mirror| mirror.id) {
                Ok(ups) => self.redefine(ups, device),
                Err(_) => new.push(device),
            }
        }
        self.state.devices.add_in_front(new, self.state.now);
        if self.state.devices.is_empty() {
            self.log(Level::Warning, "Warning: no UPSes currently defined!");
        }
    }

    /// A UPS is known by its exact name: another letter case is another UPS.
    fn delete_missing(&mut self, devices: &[Device]) {
        let stays = |mirror: &Mirror| devices.iter().any(|d| d.name == mirror.device.name);
        let gone: Vec<UpsId> =
            self.state.devices.iter().filter(|mirror| !stays(mirror)).map(|m| m.id).collect();
        for ups in gone {
            self.delete(ups);
        }
    }

    fn delete(&mut self, ups: UpsId) {
        let Some(mirror) = self.state.devices.remove(ups) else { return };
        let name = mirror.device.name.clone();
        self.log(Level::Notice, format!("Deleting UPS [{name}]"));
        self.state.actions.push(Action::DropDriver(ups));
        for (conn, address) in mirror.logins() {
            self.log(Level::Info, format!("Kicking client {address} (was on UPS [{name}])"));
            self.close(conn);
        }
    }

    fn redefine(&mut self, ups: UpsId, device: Device) {
        let now = self.state.now;
        let Some(mirror) = self.state.devices.get_mut(ups) else { return };
        let name = device.name.clone();
        let driver_changed = mirror.device.driver != device.driver;
        mirror.device = device;
        if driver_changed {
            mirror.disconnected(now);
            self.state.actions.push(Action::DropDriver(ups));
            self.log(Level::Notice, format!("Redefined UPS [{name}]"));
        }
    }
}
