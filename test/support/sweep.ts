/** How often a property is tried: more where REGMEDIC_SWEEP is set. */
export function tries(modest: number): number {
	return process.env.REGMEDIC_SWEEP ? modest * 20 : modest;
}
