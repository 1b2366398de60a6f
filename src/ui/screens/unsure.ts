import {withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';
import {drawGiven} from './working.ts';

/** A change that may have been made: regmedic checks, and where that fails the person records the outcome. */
export const unsureScreen: Screen<'unsure'> = {
	scopes: ['unsure'],
	draw({visit, asked, say}, _state, {format, width}) {
		const [check, hand] = [format.row([' r  ', 'strong']), format.row([' h  ', 'strong'])];
		return {
			title: `${visit.title} ${format.glyphs.dot} outcome not known`,
			rows: [
				...format.wrap(
					'It is not known whether this change was made. It is not made again until that is known.',
					width,
					'warn',
				),
				[],
				...drawGiven(visit, format, width),
				...visit.progress.map(step => format.cut(format.row('  ', step.say), width)),
				[],
				...format.wrap(say, width),
				[],
				...(asked
					? [
							...format.wrap('check again whether it was made', width, 'plain', check),
							...format.wrap('check it yourself, and record the outcome', width, 'plain', hand),
						]
					: format.wrap('Checking whether it was made.', width, 'dim')),
			],
		};
	},
	next: ({asked}) => (asked ? 'Check again, or record the outcome by hand.' : 'Checking whether the change was made.'),
	act({visit, asked}, state, intent) {
		const {step, attempt} = visit;
		return intent === 'ask-again'
			? asked
				? [state, [{kind: 'send', event: {type: 'step.retried', step, attempt}}]]
				: withMessage(state, 'regmedic is already checking.')
			: undefined;
	},
};
