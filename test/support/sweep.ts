/** REGMEDIC_SWEEP=1: every case is tried, however long it takes. */
export const isSweep = process.env.REGMEDIC_SWEEP === '1';

/** How often a property is tried: twenty times as often in a sweep. */
export function tries(modest: number): number {
	return isSweep ? modest * 20 : modest;
}

/** Every second case, where each takes seconds; all of them in a sweep. */
export function sample<Case>(cases: readonly Case[]): Case[] {
	return isSweep ? [...cases] : cases.filter((_, at) => at % 2 === 0);
}

/** Every fourth case, where each takes a processor for seconds; all of them in a sweep. */
export function few<Case>(cases: readonly Case[]): Case[] {
	return isSweep ? [...cases] : cases.filter((_, at) => at % 4 === 0);
}
