/** REGMEDIC_SWEEP=1: every case, however long it takes. */
export const isSweep = process.env.REGMEDIC_SWEEP === '1';

/** How often a property is tried: more where REGMEDIC_SWEEP is set. */
export function tries(modest: number): number {
	return isSweep ? modest * 20 : modest;
}

/** Of cases that each cost seconds, every second one; all of them where REGMEDIC_SWEEP is set. */
export function sample<Case>(cases: readonly Case[]): Case[] {
	return isSweep ? [...cases] : cases.filter((_, at) => at % 2 === 0);
}
