//! Virtual time: the agenda, and the one place where [`World::now`] moves.

use jiff::{SignedDuration, Timestamp};

use super::{Event, Scheduled, World};
use crate::simulate;

impl World {
    /// Lets time pass until `t` and everything happen that falls due on the way, by time and then by
    /// the order it was scheduled in. An earlier `t` changes nothing: time never goes backwards.
    pub fn advance_to(&mut self, t: Timestamp) {
        while self.agenda.first().is_some_and(|next| next.at <= t) {
            let due = self.agenda.remove(0);
            self.now = self.now.max(due.at);
            simulate::run(self, due);
        }
        self.now = self.now.max(t);
    }

    /// Puts an event on the agenda, `after` from now; a negative `after` means now.
    pub fn schedule(&mut self, after: SignedDuration, account: &str, region: &str, event: Event) {
        // saturating: a world at the end of the calendar stays there rather than panicking
        let at = self
            .now
            .saturating_add(after.max(SignedDuration::ZERO))
            .unwrap_or(self.now);
        let scheduled = Scheduled {
            at,
            sequence: self.next_sequence,
            account: account.to_owned(),
            region: region.to_owned(),
            event,
        };
        self.next_sequence += 1;
        let place = self.agenda.partition_point(|other| other.at <= at);
        self.agenda.insert(place, scheduled);
    }

    /// When the next thing happens by itself, if anything will.
    pub fn next_event_at(&self) -> Option<Timestamp> {
        self.agenda.first().map(|next| next.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forget(instance: &str) -> Event {
        Event::InstanceForgotten {
            instance: instance.to_owned(),
        }
    }

    #[test]
    fn the_agenda_is_kept_by_time_and_then_by_order() {
        let mut world = World::empty(0, Timestamp::UNIX_EPOCH);
        for (seconds, name) in [(30, "c"), (10, "a"), (30, "d"), (10, "b"), (-5, "now")] {
            world.schedule(SignedDuration::from_secs(seconds), "1", "r", forget(name));
        }
        let order: Vec<_> = world.agenda.iter().map(|s| s.event.clone()).collect();
        assert_eq!(order, ["now", "a", "b", "c", "d"].map(forget));
    }

    #[test]
    fn time_goes_only_forward() {
        let mut world = World::empty(0, Timestamp::UNIX_EPOCH);
        let later = Timestamp::from_second(100).expect("a valid time");
        world.advance_to(later);
        world.advance_to(Timestamp::UNIX_EPOCH);
        assert_eq!(world.now, later);
    }
}
