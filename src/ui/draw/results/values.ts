import {isObject, type Json, type JsonObject} from '../../../domain/json.ts';
import {count} from '../../../domain/text/wording.ts';
import type {Formatter, Row} from '../formatter.ts';

/** Named values: a line each, lists below their name. */
export function drawValues(values: JsonObject, format: Formatter, width: number): Row[] {
	const entries = Object.entries(values).filter(([, value]) => value !== null && value !== '');
	const margin = Math.min(18, Math.max(0, ...entries.map(([name]) => sayName(name).length + 1)));
	return entries.flatMap(([name, value]) => {
		const label = [format.column(`${sayName(name)}:`, margin, 'dim'), format.span(' ')];
		return Array.isArray(value)
			? [
					format.cut([...label, format.span(value.length === 0 ? 'none' : `${value.length}`)], width),
					...value.flatMap(each =>
						format.wrap(sayValue(each), width, 'plain', format.row(`  ${format.glyphs.bullet} `)),
					),
				]
			: format.wrap(sayValue(value), width, 'plain', label);
	});
}

/** `followUps`: `follow ups` */
function sayName(name: string): string {
	return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

/** Any value on one line: of an object, its name and its message. */
export function sayValue(value: Json): string {
	if (Array.isArray(value)) {
		return value.every(each => typeof each !== 'object') ? value.join(', ') : count(value.length, 'entry', 'entries');
	}

	if (!isObject(value)) {
		return String(value);
	}

	const {title, name, reference, number, message, say, detail, why} = value;
	const said = [title ?? name ?? reference ?? number, message ?? say ?? detail ?? why].filter(
		each => typeof each === 'string' || typeof each === 'number',
	);
	return said.length > 0
		? said.join(': ')
		: Object.entries(value)
				.map(([key, each]) => `${key} ${typeof each === 'object' ? JSON.stringify(each) : String(each)}`)
				.join(', ');
}
