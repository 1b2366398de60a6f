import type {Incident} from '../../domain/incident/incident.ts';
import {sayRemediesOf} from '../../domain/incident/item.ts';
import {platformsLost, sayPlanned} from '../../domain/incident/standing.ts';
import {clockTime, sayTimeOfDay} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {Row} from '../draw/formatter.ts';
import {drawProblem} from '../draw/results/result.ts';
import {verdictTones} from '../draw/theme.ts';
import type {Screen} from './screen.ts';

/** The end: what is known of the image, what was done, where the journal is. */
export const stoppedScreen: Screen<'stopped'> = {
	scopes: ['stopped'],
	draw({say, unverified}, _state, {format, width, incident, journalFolder}) {
		const verdict = incident.verdict?.verdict ?? 'unknown';
		// Where a failure led to this end, it is shown.
		const {problem} = incident.visits.at(-1) ?? {};
		const lost = platformsLost(incident);
		const planned = sayPlanned(incident);
		const label = (text: string): Row => format.row([text.padEnd(10), 'dim']);
		return {
			title: 'The end',
			rows: [
				...(lost.length === 0
					? format.wrap(verdict, width, verdictTones[verdict], label('Image'))
					: format.wrap(`${verdict}, without ${lost.join(', ')}`, width, 'warn', label('Image'))),
				...(incident.verdict
					? format.wrap(`verified at ${sayTimeOfDay(incident.verdict.at)}`, width, 'dim', label(''))
					: []),
				...(unverified
					? format.wrap('The image was not verified: it may still be broken.', width, 'warn', label(''))
					: []),
				...(planned === undefined ? [] : format.wrap(planned, width, 'plain', label('Plan'))),
				[],
				...format.wrap(say, width, 'strong'),
				...(problem ? drawProblem(problem, format, width) : []),
				[],
				...format.wrap(doneIn(incident), width, 'plain', label('Done')),
				...incident.visits
					.filter(({effect, ended, items}) => (effect !== 'read' || items !== undefined) && ended !== undefined)
					.flatMap(({title, ended, outcome, say: said, items = []}) =>
						format.wrap(
							[`${title}: ${said || outcome || ended}`, sayRemediesOf(items)].filter(Boolean).join(' '),
							width,
							'plain',
							[...label(''), ...format.row(`${format.glyphs.bullet} `)],
						),
					),
				...format.wrap(
					clockTime(Date.parse(incident.lastAt) - Date.parse(incident.openedAt)),
					width,
					'plain',
					label('Took'),
				),
				...format.wrap(journalFolder, width, 'plain', label('Journal')),
			],
		};
	},
	next: ({closed}) => (closed ? 'The incident is closed. q leaves.' : 'Closing the journal.'),
	act: (_situation, state, intent) => (intent === 'close' ? [state, [{kind: 'exit'}]] : undefined),
};

function doneIn({visits, notes, changed}: Incident): string {
	const ran = visits.filter(({ended}) => ended === 'ran' || ended === 'answered' || ended === 'assumed').length;
	return `${count(ran, 'step')}, ${count(notes.length, 'note')}; ${changed ? 'the registry was changed' : 'nothing was changed'}`;
}
