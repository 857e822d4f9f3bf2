//! SET TRACKING and GET TRACKING: ids, states, and how long they last.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn switching_it_on_and_off() {
    House::usual().talk_as("anybody", "anything").says(
        "
        > GET TRACKING
        < OFF
        > SET TRACKING
        < ERR INVALID-ARGUMENT
        > SET TRACKING maybe
        < ERR INVALID-ARGUMENT
        > SET tracking on and more
        < OK
        > GET TRACKING
        < ON
        > SET TRACKING OFF
        < OK
        > GET TRACKING
        < OFF
        > GET TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263
        < ERR FEATURE-NOT-CONFIGURED
        > SET TRACKING On
        < OK
        > GET TRACKING nonsense
        < ERR UNKNOWN
        > GET TRACKING 00000000-0000-4000-8000-000000000000
        < ERR UNKNOWN
        ",
    );
}

#[test]
fn the_life_of_a_request() {
    let house = House::usual();
    house.talk_as("admin", "se cret").says(
        r#"
        > SET TRACKING ON
        < OK
        > SET VAR u ups.id new
        < OK TRACKING {a}
        drv< SET ups.id "new" TRACKING {a}
        > GET TRACKING {a}
        < PENDING
        drv> TRACKING {a} 0
        > GET TRACKING {a}
        <~ SUCCESS
        > INSTCMD u load.off
        < OK TRACKING {b}
        drv< INSTCMD load.off TRACKING {b}
        > GET TRACKING {b}
        < PENDING
        drv> TRACKING {b} 3
        > GET TRACKING {b}
        <~ ERR FAILED
        > GET TRACKING {a}
        < SUCCESS
        > SET TRACKING OFF
        < OK
        > INSTCMD u load.off
        < OK
        drv< INSTCMD load.off
        "#,
    );
}

#[test]
fn every_code_of_a_driver() {
    House::usual().talk_as("admin", "se cret").says(
        "
        > SET TRACKING ON
        < OK
        > INSTCMD u load.off
        < OK TRACKING {a}
        drv> TRACKING {a} 1
        > GET TRACKING {a}
        <~ ERR UNKNOWN
        drv> TRACKING {a} 2
        > GET TRACKING {a}
        <~ ERR INVALID-ARGUMENT
        drv> TRACKING {a} 3
        > GET TRACKING {a}
        <~ ERR FAILED
        drv> TRACKING {a} 4
        > GET TRACKING {a}
        <~ ERR INVALID-ARGUMENT
        drv> TRACKING {a} -1
        > GET TRACKING {a}
        <~ PENDING
        drv> TRACKING {a} 17
        > GET TRACKING {a}
        <~ ERR UNKNOWN
        drv> tracking {a} 0
        > GET TRACKING {a}
        <~ SUCCESS
        ",
    );
}

#[test]
fn another_connection_may_ask() {
    let house = House::usual();
    let mut first = house.talk_as("admin", "se cret");
    first.says("> SET TRACKING ON\n< OK");
    let id = first.ask("INSTCMD u load.off").replace("OK TRACKING ", "");
    house.talk().says(&format!("> GET TRACKING {id}\n< ERR FEATURE-NOT-CONFIGURED"));
    let mut other = house.talk_as("watcher", "watch");
    other.says(&format!("> SET TRACKING ON\n> GET TRACKING {id}\n< OK\n< PENDING"));
    let lower = id.to_lowercase();
    other.says(&format!("> GET TRACKING {lower}\n< PENDING"));
}

#[test]
fn refused_requests_get_no_id() {
    House::usual().talk_as("tester", "try").says(
        "
        > SET TRACKING ON
        < OK
        > SET VAR u ups.id x
        < ERR ACCESS-DENIED
        > INSTCMD u load.off
        < ERR ACCESS-DENIED
        > INSTCMD u test.battery.start
        < OK TRACKING {a}
        ",
    );
}

#[test]
fn ids_are_forgotten_after_the_delay() {
    let house = House::new().upsd_conf("TRACKINGDELAY 1").ups("u", "", Device::usual()).start();
    house.talk_as("admin", "se cret").says(
        "
        > SET TRACKING ON
        < OK
        > INSTCMD u load.off
        < OK TRACKING {a}
        > GET TRACKING {a}
        <~ ERR UNKNOWN
        ",
    );
}
