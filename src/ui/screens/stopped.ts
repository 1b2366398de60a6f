import type {Incident} from '../../domain/incident/incident.ts';
import {clockTime} from '../../domain/text/duration.ts';
import {count} from '../../domain/text/wording.ts';
import type {Row} from '../draw/pen.ts';
import {drawProblem} from '../draw/results/result.ts';
import type {Tone} from '../draw/theme.ts';
import {sayTime} from '../draw/words.ts';
import type {Screen} from './screen.ts';

const tones: Record<string, Tone> = {intact: 'good', broken: 'bad', unknown: 'warn'};

/** The end: what is known of the image, what was done, where the record is. */
export const stoppedScreen: Screen<'stopped'> = {
	places: ['stopped'],
	draw({say, unverified}, _state, {pen, width, incident, journalFolder}) {
		const verdict = incident.verdict?.verdict ?? 'unknown';
		// What brought it here, where the runbook ends because of it.
		const {problem} = incident.visits.at(-1) ?? {};
		const label = (text: string): Row => pen.row([text.padEnd(10), 'dim']);
		return {
			title: 'The end',
			rows: [
				...pen.wrap(verdict, width, tones[verdict], [...label('Image')]),
				...(incident.verdict ? pen.wrap(`proven at ${sayTime(incident.verdict.at)}`, width, 'dim', label('')) : []),
				...(unverified
					? pen.wrap('This end proves nothing: the image may still be broken.', width, 'warn', label(''))
					: []),
				[],
				...pen.wrap(say, width, 'strong'),
				...(problem ? drawProblem(problem, pen, width) : []),
				[],
				...pen.wrap(doneIn(incident), width, 'plain', label('Done')),
				...incident.visits
					.filter(({effect, ended}) => effect !== 'read' && ended !== undefined)
					.flatMap(({title, ended, outcome, say: said}) =>
						pen.wrap(`${title}: ${said || outcome || ended}`, width, 'plain', [
							...label(''),
							...pen.row(`${pen.glyphs.bullet} `),
						]),
					),
				...pen.wrap(
					clockTime(Date.parse(incident.lastAt) - Date.parse(incident.openedAt)),
					width,
					'plain',
					label('Took'),
				),
				...pen.wrap(journalFolder, width, 'plain', label('Journal')),
			],
		};
	},
	next: ({closed}) => (closed ? 'The incident is closed. q leaves.' : 'Closing the record.'),
	act: (_scene, state, intent) => (intent === 'close' ? [state, [{do: 'exit'}]] : undefined),
};

function doneIn({visits, notes, changed}: Incident): string {
	const ran = visits.filter(({ended}) => ended === 'ran' || ended === 'answered' || ended === 'assumed').length;
	return `${count(ran, 'step')}, ${count(notes.length, 'note')}; ${changed ? 'the registry was changed' : 'nothing was changed'}`;
}
