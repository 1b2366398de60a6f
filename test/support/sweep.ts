/** How often a property is tried: more where REGMEDIC_SWEEP is set. */
export function tries(modest: number): number {
	return process.env.REGMEDIC_SWEEP ? modest * 20 : modest;
}

/** Of cases that each cost seconds, every second one; all of them where REGMEDIC_SWEEP is set. */
export function sample<Case>(cases: readonly Case[]): Case[] {
	return process.env.REGMEDIC_SWEEP ? [...cases] : cases.filter((_, at) => at % 2 === 0);
}
