import type {Screen} from './screen.ts';
import {drawGiven} from './working.ts';

/** A change that may have happened: the world is asked; if it cannot tell, the person says. */
export const unsureScreen: Screen<'unsure'> = {
	places: ['unsure'],
	draw({visit, asked, say}, _state, {pen, width}) {
		const [ask, hand] = [pen.row([' r  ', 'strong']), pen.row([' h  ', 'strong'])];
		return {
			title: `${visit.title} ${pen.glyphs.dot} it may have happened`,
			rows: [
				...pen.wrap('This change may have happened, or not. It is not made again before that is known.', width, 'warn'),
				[],
				...drawGiven(visit, pen, width),
				...visit.progress.map(step => pen.cut(pen.row('  ', step.say), width)),
				[],
				...pen.wrap(say, width),
				[],
				...(asked
					? [
							...pen.wrap('ask again what became of it', width, 'plain', ask),
							...pen.wrap('look for yourself, and say what came of it', width, 'plain', hand),
						]
					: pen.wrap('Asking what became of it.', width, 'dim')),
			],
		};
	},
	next: ({asked}) =>
		asked ? 'Nobody could tell what became of it: ask again, or say by hand.' : 'Asking what became of it.',
	act({visit, asked}, state, intent) {
		const {step, attempt} = visit;
		return intent === 'ask-again'
			? asked
				? [state, [{do: 'say', happening: {type: 'step.retried', step, attempt}}]]
				: [{...state, message: {text: 'It is being asked right now.', tone: 'warn'}}, []]
			: undefined;
	},
};
