import {createHash} from 'node:crypto';

/** Deterministic, so that a failure can be repeated. */
export function randomFrom(seed: number) {
	let count = 0;
	return (below: number) => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE(0) % below;
}

const kinds: ((random: (below: number) => number) => string)[] = [
	random => letters(random, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 8 + random(40)),
	random => letters(random, '!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~ abcXYZ019äß', 6 + random(30)),
	random => letters(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 58 + random(140)),
	random =>
		[36, 120 + random(300), 43]
			.map(length => letters(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-', length))
			.join('.'),
];

function letters(random: (below: number) => number, alphabet: string, length: number): string {
	const characters = [...alphabet];
	return Array.from({length}, () => characters[random(characters.length)]).join('');
}

/** A password, one with odd characters and spaces, a long key, or a JWT. */
export function secretOf(seed: number, random: (below: number) => number): string {
	return kinds[seed % kinds.length]!(random);
}
