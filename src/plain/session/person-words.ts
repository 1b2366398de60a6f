/** What a person typed, before anybody knows whether it fits. */
export type Word =
	| {is: 'enter'}
	| {is: 'help' | 'quit' | 'again' | 'about'}
	| {is: 'note'; text: string}
	| {is: 'back'; reason: string}
	| {is: 'decline'; why: string}
	| {is: 'skip' | 'by-hand'; outcome: string; reason: string}
	| {is: 'text'; text: string};

export const helpLines = [
	'What works:',
	'  enter                     begin the next step',
	'  1, 2, 3 …                 choose',
	'  the words of a gate       allow the change',
	'  decline REASON            refuse the change, and decide again',
	'  done, could-not REASON    what became of what was to be done by hand',
	'  again                     try or look once more, where regmedic does not know how to go on',
	'  back REASON               turn away from this step, and decide again',
	'  skip OUTCOME REASON       go on as if this step had ended so',
	'  by-hand OUTCOME REASON    the same, because it was done by hand',
	'  about                     all that the runbook says about this step',
	'  note TEXT                 put a line into the journal',
	'  quit                      leave; the incident can be resumed',
	'While a question is open, put a colon before all but quit and help: ":note TEXT".',
];

/**
 * @param free a question is open: only `quit`, `help` and what begins with a colon is a command
 */
export function readWord(line: string, free: boolean): Word {
	const text = line.trim();
	const isMarked = text.startsWith(':');
	const [, name = '', rest = ''] = /^:?\s*(\S*)\s*(.*)$/s.exec(text) ?? [];
	const command = free && !isMarked && name !== 'quit' && name !== 'help' ? '' : name;

	switch (command) {
		case 'quit':
		case 'help':
		case 'again':
		case 'about':
			return rest === '' ? {is: command} : {is: 'text', text};

		case 'note':
			return {is: 'note', text: rest};

		case 'back':
			return {is: 'back', reason: rest};

		case 'decline':
			return {is: 'decline', why: rest};

		case 'skip':
		case 'by-hand': {
			const [, outcome = '', reason = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
			return {is: command, outcome, reason};
		}

		default:
			return text === '' ? {is: 'enter'} : {is: 'text', text};
	}
}
