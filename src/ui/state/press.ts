import type {Key} from 'ink';

/** A key by its name in the keymap (`enter`, `ctrl-u`, `space`), or the character it types. */
export type Press = string;

/**
 * What was pressed. A slow line delivers several keys at once (`approve⏎`): each counts.
 * Pastes do not come this way.
 */
export function pressesOf(input: string, key: Key): Press[] {
	const named = nameOf(key);
	if (named !== undefined) {
		return [named];
	}

	if (key.ctrl) {
		return input === '' ? [] : [`ctrl-${input.toLowerCase()}`];
	}

	return key.meta ? [] : [...input].map(pressOf);
}

/** What a press types into a field; undefined for a key that types nothing. */
export function typedBy(press: Press): string | undefined {
	return press === 'space' ? ' ' : [...press].length === 1 ? press : undefined;
}

function nameOf(key: Key): Press | undefined {
	const names: [boolean, Press][] = [
		[key.upArrow, 'up'],
		[key.downArrow, 'down'],
		[key.leftArrow, 'left'],
		[key.rightArrow, 'right'],
		[key.pageUp, 'pgup'],
		[key.pageDown, 'pgdn'],
		[key.home, 'home'],
		[key.end, 'end'],
		[key.return, 'enter'],
		[key.escape, 'esc'],
		[key.tab, 'tab'],
		[key.backspace, 'backspace'],
		[key.delete, 'delete'],
	];
	return names.find(([is]) => is)?.[1];
}

function pressOf(character: string): Press {
	switch (character) {
		case '\r':
		case '\n':
			return 'enter';
		case '\t':
			return 'tab';
		case ' ':
			return 'space';
		case '\u007F':
			return 'backspace';
		default:
			return character < ' ' ? `ctrl-${String.fromCharCode(character.charCodeAt(0) + 0x60)}` : character;
	}
}
