import type {ProbeReport} from '../../domain/probe/probe.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

const mostOmitted = 5;

/** What the catalogue listed and omitted, whether it ended by itself, and which listed names no client can pull. */
export function sayList({listed, list, odd}: ProbeReport, columns: number): string[] {
	const {ended, omitted} = list;
	const repositories = count(listed, 'repository', 'repositories');
	const sentence = {
		'by-itself': `The catalogue lists ${repositories} and ended by itself.`,
		checked: `The catalogue lists ${repositories}. A page without a Link may have been cut off; regmedic requested the names after it until nothing new came.`,
		given: `${upperFirst(repositories)} ${listed === 1 ? 'was' : 'were'} named; the catalogue was not asked for.`,
		no: `The catalogue listed ${repositories} and was not read to its end.`,
	}[ended];
	return [
		...wrap(sentence, {rest: '  ', columns}),
		...(omitted.length === 0 ? [] : wrap(sayOmitted(omitted), {rest: '  ', columns})),
		...(odd.count === 0 ? [] : wrap(sayOdd(odd), {rest: '  ', columns})),
	];
}

function sayOmitted(omitted: string[]): string {
	const named = omitted.slice(0, mostOmitted).map(visibleLine).join(', ');
	const more = omitted.length > mostOmitted ? ` and ${omitted.length - mostOmitted} more` : '';
	return `The catalogue omits ${named}${more}, because one of its pages ends in a repository below. regmedic checked ${omitted.length === 1 ? 'it' : 'them'}, too.`;
}

function sayOdd({count: number, examples}: ProbeReport['odd']): string {
	return `${count(number, 'listed name')} cannot be pulled by any client and ${number === 1 ? 'was' : 'were'} left out: ${examples.map(visibleLine).join(', ')}${number > examples.length ? ', …' : ''}`;
}
