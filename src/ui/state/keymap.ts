/** Where a key works. Of the scopes that hold now, the first that has the key decides what it does. */
export type KeyScope = keyof typeof keyScopes;

/** The scopes by the names that the help page and the README give them. */
export const keyScopes = {
	held: 'a step has ended',
	choose: 'a decision',
	groups: 'a plan of more than 30 rows',
	plan: 'a plan',
	items: 'items of a plan',
	gate: 'a gate',
	answerable: 'beside a text field',
	typing: 'in a text field',
	tick: 'a list to tick',
	pick: 'a list to choose from',
	'by-hand': 'work by hand',
	unsure: 'a change that may have been made',
	stuck: 'the runbook cannot continue',
	log: 'the log',
	found: 'a search in the log',
	page: 'a page over the step',
	stopped: 'the end',
	anywhere: 'anywhere',
};

/**
 * Every key there is: the last line, the help page and the README's table are made from this.
 * `bar`: shown in the last line, the smaller the earlier.
 */
export const keymap = [
	{keys: ['enter'], intent: 'go-on', title: 'go on', when: 'held', bar: 1},
	{keys: ['enter'], intent: 'take', title: 'take it', when: 'choose', bar: 1},
	{keys: ['space'], intent: 'tick', title: 'tick', when: 'tick', bar: 1},
	{keys: ['enter'], intent: 'answer', title: 'answer', when: 'tick', bar: 2},
	{keys: ['enter'], intent: 'answer', title: 'choose this one', when: 'pick', bar: 1},
	{keys: ['enter'], intent: 'accept', title: 'accept the plan', when: 'plan', bar: 1},
	{keys: ['space'], intent: 'next-remedy', title: 'another remedy', when: 'plan', bar: 2},
	{keys: ['x'], intent: 'leave-row', title: 'leave it', when: 'plan', bar: 4},
	{keys: ['N'], intent: 'now-row', title: 'now, the rest later', when: 'plan', bar: 4},
	{keys: ['o'], intent: 'open-group', title: 'open or close', when: 'groups', bar: 3},
	{keys: ['X'], intent: 'only-used', title: 'only the used', when: 'groups', bar: 4},
	{keys: ['r'], intent: 'item-again', title: 'again', when: 'items', bar: 1},
	{keys: ['s'], intent: 'item-skip', title: 'skip the item', when: 'items', bar: 2},
	{keys: ['h'], intent: 'item-by-hand', title: 'the item was done by hand', when: 'items', bar: 3},
	{keys: ['d'], intent: 'hand-done', title: 'done', when: 'by-hand', bar: 1},
	{keys: ['c'], intent: 'hand-could-not', title: 'could not', when: 'by-hand', bar: 2},
	{keys: ['r'], intent: 'ask-again', title: 'check again', when: 'unsure', bar: 1},
	{keys: ['h'], intent: 'by-hand', title: 'record the outcome', when: 'unsure', bar: 2},
	{keys: ['r'], intent: 'ask-again', title: 'retry', when: 'stuck', bar: 1},
	{keys: ['s'], intent: 'skip', title: 'skip', when: 'stuck', bar: 2},
	{keys: ['h'], intent: 'by-hand', title: 'done by hand', when: 'stuck', bar: 3},
	{keys: ['enter', 'q'], intent: 'close', title: 'leave', when: 'stopped', bar: 1},

	{keys: ['enter'], intent: 'submit', title: 'answer', when: 'typing', bar: 1},
	{keys: ['esc'], intent: 'cancel', title: 'back', when: 'typing', bar: 3},
	{keys: ['ctrl-u'], intent: 'clear', title: 'clear the line', when: 'typing'},
	{keys: ['enter'], intent: 'focus', title: 'type the answer', when: 'answerable', bar: 1},
	{keys: ['up'], intent: 'up', title: 'scroll up', when: 'typing'},
	{keys: ['down'], intent: 'down', title: 'scroll down', when: 'typing'},
	{keys: ['pgup'], intent: 'page-up', title: 'a page up', when: 'typing'},
	{keys: ['pgdn'], intent: 'page-down', title: 'a page down', when: 'typing'},
	{keys: ['esc'], intent: 'decline', title: 'decline', when: 'gate', bar: 2},
	{keys: ['esc', 'q'], intent: 'close-page', title: 'close', when: 'page', bar: 1},
	{keys: ['esc'], intent: 'leave-log', title: 'back', when: 'log', bar: 1},
	{keys: ['n'], intent: 'find-next', title: 'next match', when: 'found', bar: 2},
	{keys: ['N'], intent: 'find-previous', title: 'previous match', when: 'found', bar: 3},
	{keys: ['/'], intent: 'search', title: 'search the log', when: 'anywhere'},

	{keys: ['up', 'k'], intent: 'up', title: 'up', when: 'anywhere'},
	{keys: ['down', 'j'], intent: 'down', title: 'down', when: 'anywhere'},
	{keys: ['pgup', 'ctrl-b'], intent: 'page-up', title: 'a page up', when: 'anywhere'},
	{keys: ['pgdn', 'ctrl-f'], intent: 'page-down', title: 'a page down', when: 'anywhere'},
	{keys: ['home', 'g'], intent: 'first', title: 'to the start', when: 'anywhere'},
	{keys: ['end', 'G'], intent: 'last', title: 'to the end; follow the log', when: 'anywhere'},
	{keys: ['left', '['], intent: 'earlier', title: 'earlier step', when: 'anywhere', bar: 9},
	{keys: ['right', ']'], intent: 'later', title: 'later step', when: 'anywhere'},

	{keys: ['n'], intent: 'note', title: 'note', when: 'anywhere', bar: 5},
	{keys: ['p'], intent: 'prose', title: 'about this step', when: 'anywhere', bar: 6},
	{keys: ['s'], intent: 'skip', title: 'skip', when: 'anywhere', bar: 7},
	{keys: ['h'], intent: 'by-hand', title: 'done by hand', when: 'anywhere', bar: 8},
	{keys: ['b'], intent: 'back', title: 'decide again', when: 'anywhere', bar: 8},
	{keys: ['u'], intent: 'suspend-next', title: 'suspend the next start', when: 'anywhere', bar: 5},
	{keys: ['y'], intent: 'copy', title: 'copy', when: 'anywhere', bar: 6},
	{keys: ['l'], intent: 'log', title: 'log', when: 'anywhere', bar: 6},
	{keys: ['z'], intent: 'zoom', title: 'zoom', when: 'anywhere'},
	{keys: [':'], intent: 'command', title: 'run a command by its name', when: 'anywhere'},
	{keys: ['tab'], intent: 'focus', title: 'to the text field, the log, the step', when: 'anywhere'},
	{keys: ['tab'], intent: 'focus', title: 'other keys', when: 'typing', bar: 4},
	{keys: ['?'], intent: 'help', title: 'keys', when: 'anywhere'},
	{keys: ['q'], intent: 'leave', title: 'leave', when: 'anywhere', bar: 7},
	{keys: ['ctrl-c'], intent: 'interrupt', title: 'leave at once', when: 'anywhere'},
	{keys: ['ctrl-z'], intent: 'suspend', title: 'suspend', when: 'anywhere'},
] as const satisfies readonly KeyRow[];

type KeyRow = {keys: readonly string[]; intent: string; title: string; when: KeyScope; bar?: number};

export type Intent = (typeof keymap)[number]['intent'];

/** What a key means where these scopes hold, the nearest first. */
export function intentOf(press: string, scopes: readonly KeyScope[]): Intent | undefined {
	for (const scope of scopes) {
		const found = keymap.find(({keys, when}) => when === scope && (keys as readonly string[]).includes(press));
		if (found) {
			return found.intent;
		}
	}

	return undefined;
}

/** A key that has a meaning in some scope. */
export function isKnownKey(press: string): boolean {
	return keymap.some(({keys}) => (keys as readonly string[]).includes(press));
}

/** The keys that the last line names, the most useful first. */
export function barOf(scopes: readonly KeyScope[]): {key: string; title: string; intent: Intent}[] {
	const taken = new Set<string>();
	return (keymap as readonly KeyRow[])
		.filter(({when, keys}) => scopes.includes(when) && intentOf(keys[0]!, scopes) === intentOf(keys[0]!, [when]))
		.filter(({bar}) => bar !== undefined)
		.sort((a, b) => a.bar! - b.bar!)
		.filter(({intent}) => !taken.has(intent) && taken.add(intent))
		.map(({keys, title, intent}) => ({key: keys[0]!, title, intent: intent as Intent}));
}
