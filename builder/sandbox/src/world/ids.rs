//! Ids and choices. Both come from one seeded stream, whose position is part of the world, so that the
//! same seed and the same calls give the same ids, across processes too.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::World;

impl World {
    /// An EC2 id: `world.id("lt")` is `lt-` and 17 hexadecimal digits.
    pub fn id(&mut self, prefix: &str) -> String {
        let hex = hex(&self.draw::<9>());
        format!("{prefix}-{}", &hex[..17])
    }

    /// A random (version 4) UUID.
    pub fn uuid(&mut self) -> String {
        let mut bytes = self.draw::<16>();
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let h = hex(&bytes);
        format!(
            "{}-{}-{}-{}-{}",
            &h[..8],
            &h[8..12],
            &h[12..16],
            &h[16..20],
            &h[20..]
        )
    }

    /// A number in `low..=high`. The slight bias of the remainder does not matter for a simulation.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low))
            .unwrap_or(0)
            .saturating_add(1);
        let drawn = u64::from_le_bytes(self.draw::<8>()) % span;
        low.saturating_add(i64::try_from(drawn).unwrap_or(0))
    }

    fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed);
        stream.set_word_pos(u128::from(self.drawn));
        let mut bytes = [0; N];
        stream.fill_bytes(&mut bytes);
        // the stream is made of 32-bit words, and a word that was begun is used up
        self.drawn += N.div_ceil(4) as u64;
        bytes
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;

    #[test]
    fn ids_are_told_by_the_seed_and_never_repeat() {
        let mut first = World::empty(7, Timestamp::UNIX_EPOCH);
        let mut again = World::empty(7, Timestamp::UNIX_EPOCH);
        let mut other = World::empty(8, Timestamp::UNIX_EPOCH);
        let ids: BTreeSet<String> = (0..500).map(|_| first.id("lt")).collect();
        assert_eq!(ids.len(), 500);
        assert_eq!(ids, (0..500).map(|_| again.id("lt")).collect());
        assert!(!ids.contains(&other.id("lt")));
    }

    #[test]
    fn ids_look_like_those_of_aws() {
        let mut world = World::empty(1, Timestamp::UNIX_EPOCH);
        let id = world.id("lt");
        assert_eq!(id.len(), "lt-".len() + 17);
        assert!(
            id["lt-".len()..]
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
        let uuid = world.uuid();
        assert_eq!(
            uuid.split('-').map(str::len).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert_eq!(uuid.as_bytes()[14], b'4');
    }

    #[test]
    fn no_part_of_the_stream_is_used_twice() {
        let mut world = World::empty(1, Timestamp::UNIX_EPOCH);
        let drawn: String = (0..50).map(|_| world.uuid().replace('-', "")).collect();
        let words: BTreeSet<&str> = (0..drawn.len() / 8)
            .map(|word| &drawn[word * 8..][..8])
            .collect();
        assert_eq!(words.len(), drawn.len() / 8);
    }

    #[test]
    fn a_choice_stays_in_its_bounds() {
        let mut world = World::empty(1, Timestamp::UNIX_EPOCH);
        let drawn: BTreeSet<i64> = (0..300).map(|_| world.between(3, 6)).collect();
        assert_eq!(drawn, BTreeSet::from([3, 4, 5, 6]));
        assert_eq!(world.between(5, 5), 5);
    }
}
