// Prints the README's table of keys, made from the keymap: node scripts/readme-keys.js
import {keymap} from '../src/ui/state/keymap.ts';

const places = {
	anywhere: 'anywhere',
	held: 'a result is shown',
	choose: 'a decision',
	gate: 'a gate',
	answerable: 'a gate or question',
	typing: 'while typing',
	tick: 'a list to tick',
	'by-hand': 'work by hand',
	unsure: 'a change that may have happened',
	stuck: 'no way on',
	stopped: 'the end',
	page: 'a page over the step',
	log: 'the log',
	found: 'a search in the log',
};

export function keyTable() {
	const rows = keymap.map(
		({keys, title, when}) => `| ${places[when]} | ${keys.map(key => `\`${key}\``).join(' ')} | ${title} |`,
	);
	return ['| where | key | does |', '| --- | --- | --- |', ...rows].join('\n');
}

if (import.meta.main) {
	console.log(keyTable());
}
