//! How a call comes to its answer: it may be overtaken, held, lost or never answered.

use nodemint_engine::ports::{CloudError, Effect};

use super::Shared;
use super::eks::Answer;
use super::world::{Fault, World, error};

/// One region of a world.
pub struct FakeCloud {
    pub world: Shared,
    pub region: String,
}

impl FakeCloud {
    async fn wait_at_gate(&self, verb: &'static str) {
        let Some(gate) = self.world.lock().expect("no panic").gate(verb) else {
            return;
        };
        while self
            .world
            .lock()
            .expect("no panic")
            .waiting
            .contains_key(&gate)
        {
            tokio::task::yield_now().await;
        }
    }

    /// One call: others may go first, then what was planned goes wrong, or the world answers.
    pub async fn call<T>(
        &self,
        verb: &'static str,
        answer: impl FnOnce(&mut World) -> Answer<T>,
    ) -> Result<T, CloudError> {
        let turns = self.world.lock().expect("no panic").turns();
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        self.wait_at_gate(verb).await;
        let failed = |kind, effect| error(verb, &self.region, kind, effect);
        let (answered, fault) = {
            let mut world = self.world.lock().expect("no panic");
            let fault = world.called(verb, &self.region);
            match fault {
                Some(Fault::Refuse(kind)) => return Err(failed(kind, Effect::None)),
                Some(Fault::HangBefore) => (None, fault),
                Some(Fault::Lose(_) | Fault::HangAfter) | None => (Some(answer(&mut world)), fault),
            }
        };
        match (answered, fault) {
            (Some(answered), None) => {
                let turns = self.world.lock().expect("no panic").turns();
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                answered.map_err(|kind| failed(kind, Effect::None))
            }
            (_, Some(Fault::Lose(kind))) => Err(failed(kind, Effect::Maybe)),
            _ => {
                self.world.lock().expect("no panic").hung = true;
                std::future::pending().await
            }
        }
    }
}
