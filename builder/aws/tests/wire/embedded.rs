//! The embedded AWS on a free port of loopback.

use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Limit, Options, Sandbox, Time};

/// A sandbox that serves until the test ends, and where.
pub async fn start(seed: &Seed, options: Options) -> (Sandbox, String) {
    let sandbox = Sandbox::new(World::from_seed(seed), options).expect("a sandbox");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    (sandbox, url)
}

/// Its time stands still until somebody moves it.
pub fn still() -> Options {
    Options {
        time: Time::Manual,
        ..Options::default()
    }
}

/// Its time flows with the machine's.
pub fn flowing(limits: Vec<Limit>) -> Options {
    Options {
        time: Time::Flowing { speed: 1.0 },
        limits,
        ..Options::default()
    }
}
