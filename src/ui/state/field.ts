import {type Press, typedBy} from './press.ts';

/** One line that is being typed; `at` counts the characters before the caret. */
export type Field = {text: string; at: number};

export const emptyField: Field = {text: '', at: 0};

export function fieldOf(text: string): Field {
	return {text, at: [...text].length};
}

/** The line after a key. Undefined: it is not a key of a field. */
export function edit(field: Field, press: Press): Field | undefined {
	const characters = [...field.text];
	const {at} = field;
	const without = (from: number, to: number): Field => ({
		text: characters.toSpliced(from, to - from).join(''),
		at: from,
	});

	switch (press) {
		case 'left':
			return {...field, at: Math.max(0, at - 1)};
		case 'right':
			return {...field, at: Math.min(characters.length, at + 1)};
		case 'home':
		case 'ctrl-a':
			return {...field, at: 0};
		case 'end':
		case 'ctrl-e':
			return {...field, at: characters.length};
		case 'backspace':
			return at === 0 ? field : without(at - 1, at);
		case 'delete':
			return without(at, at + 1);
		case 'ctrl-w':
			return without(characters.slice(0, at).join('').trimEnd().lastIndexOf(' ') + 1, at);
		case 'ctrl-u':
			return emptyField;
		default: {
			const typed = typedBy(press);
			return typed === undefined ? undefined : insert(field, typed);
		}
	}
}

/** A paste of several lines becomes one. */
export function insert(field: Field, text: string): Field {
	const line = text.replace(/[\r\n\t]+/g, ' ');
	const characters = [...field.text];
	return {
		text: characters.toSpliced(field.at, 0, line).join(''),
		at: field.at + [...line].length,
	};
}
