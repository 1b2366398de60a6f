// Prints the README's table of keys, made from the keymap: node scripts/readme-keys.js
import {keymap, keyScopes} from '../src/ui/state/keymap.ts';

export function keyTable() {
	const rows = keymap.map(
		({keys, title, when}) => `| ${keyScopes[when]} | ${keys.map(key => `\`${key}\``).join(' ')} | ${title} |`,
	);
	return ['| where | key | does |', '| --- | --- | --- |', ...rows].join('\n');
}

if (import.meta.main) {
	console.log(keyTable());
}
