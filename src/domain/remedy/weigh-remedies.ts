import type {Evidence} from './evidence.ts';
import {type Facts, factsIn, optionsFrom, type RemedyOption} from './options.ts';
import type {RemedyOptionKey} from './remedy.ts';

/** The remedies, the recommended one first. A remedy that cannot help here is listed with the reason. */
export function weighRemedies(evidence: Evidence): RemedyOption[] {
	const {underWay, tried} = evidence;
	const facts = factsIn(evidence);
	const options = optionsFrom(facts, evidence);
	const order = [...(underWay === undefined ? [] : [underWay]), ...orderOf(facts).filter(key => !tried.includes(key))];
	const best =
		order.find(key => options.some(option => option.key === key && option.blocked === undefined)) ?? 'by-hand';
	return options
		.map(option => (option.key === best ? {...option, recommended: true} : option))
		.map(option =>
			option.key !== underWay && tried.includes(option.key) ? {...option, why: `Tried already. ${option.why}`} : option,
		)
		.sort((a, b) => rank(a) - rank(b));
}

function orderOf(facts: Facts): RemedyOptionKey[] {
	const rebuilds: RemedyOptionKey[] =
		facts.ciRunsInImage || facts.ciFailed ? ['rebuild-fallback', 'rebuild-ci'] : ['rebuild-ci', 'rebuild-fallback'];
	return [
		...(facts.needsRestart ? (['restart'] as const) : []),
		...(facts.relinkSuffices ? (['relink'] as const) : []),
		...rebuilds,
		're-point',
	];
}

function rank({recommended, blocked}: RemedyOption): number {
	return recommended ? 0 : blocked === undefined ? 1 : 2;
}
