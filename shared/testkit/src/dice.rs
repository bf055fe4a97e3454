//! Numbers that look random and are the same each time.

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// SplitMix64, from its seed on.
pub struct Dice(pub u64);

impl Dice {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to `limit`, which does not count; 0 when it is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % limit.max(1) as u64).unwrap()
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.number().to_le_bytes()[0]).collect()
    }

    /// Flips one to four bits.
    pub fn flip(&mut self, bytes: &mut [u8]) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
        }
    }

    pub fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    pub fn letter(&mut self) -> char {
        char::from(LETTERS[self.below(LETTERS.len())])
    }

    /// Another text: one character replaced, left out or added, letters and digits only.
    pub fn text(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        let plain: Vec<usize> =
            (0..characters.len()).filter(|at| characters[*at].is_ascii_alphanumeric()).collect();
        let letter = self.letter();
        match (self.below(3), plain.is_empty()) {
            (0, false) => characters[plain[self.below(plain.len())]] = letter,
            (1, false) => drop(characters.remove(plain[self.below(plain.len())])),
            _ => characters.insert(self.below(characters.len() + 1), letter),
        }
        characters.into_iter().collect()
    }
}
