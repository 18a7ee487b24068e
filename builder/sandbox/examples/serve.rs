//! The sandbox on a free port, with the built-in account, until it is interrupted:
//!
//!     cargo run -p nodemint-sandbox --example serve -- [SPEED]
//!
//! Its first line on stderr is `listening on http://127.0.0.1:PORT`. SPEED is how much faster than the
//! machine's its clock goes (1 if left out).

use std::error::Error;
use std::io::Write;

use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Options, Sandbox, Time};

#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own, with a command line"
)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let speed = std::env::args()
        .nth(1)
        .map_or(Ok(1.0), |text| text.parse())?;
    let options = Options {
        time: Time::Flowing { speed },
        ..Options::default()
    };
    let sandbox = Sandbox::new(World::from_seed(&Seed::builtin()), options)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(
        std::io::stderr(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    let interrupted = async {
        // without a handler for the signal the default one ends the process, which is as good
        let _ = tokio::signal::ctrl_c().await;
    };
    sandbox.serve(listener, interrupted).await?;
    Ok(())
}
