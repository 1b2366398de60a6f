import {isObject, type Json, type JsonObject} from '../../../domain/json.ts';
import {count} from '../../../domain/text/wording.ts';
import type {Pen, Row} from '../pen.ts';

/** Values of a step nobody drew a picture for: a line each, lists below their name. */
export function drawOther(output: JsonObject, pen: Pen, width: number): Row[] {
	const entries = Object.entries(output).filter(([, value]) => value !== null && value !== '');
	const margin = Math.min(18, Math.max(0, ...entries.map(([name]) => inWords(name).length + 1)));
	return entries.flatMap(([name, value]) => drawValue(name, value, margin, pen, width));
}

function drawValue(name: string, value: Json, margin: number, pen: Pen, width: number): Row[] {
	const label = [pen.column(`${inWords(name)}:`, margin, 'dim'), pen.span(' ')];
	if (!Array.isArray(value)) {
		return pen.wrap(sayValue(value), width, 'plain', label);
	}

	return [
		pen.cut([...label, pen.span(value.length === 0 ? 'none' : `${value.length}`)], width),
		...value.flatMap(each => pen.wrap(sayValue(each), width, 'plain', pen.row(`  ${pen.glyphs.bullet} `))),
	];
}

/** `followUps`: `follow ups` */
function inWords(name: string): string {
	return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

/** One line for anything: of an object, what reads best. */
export function sayValue(value: Json): string {
	if (Array.isArray(value)) {
		return value.every(each => typeof each !== 'object') ? value.join(', ') : count(value.length, 'entry', 'entries');
	}

	if (!isObject(value)) {
		return String(value);
	}

	const telling = [
		value.title ?? value.name ?? value.reference ?? value.number,
		value.message ?? value.say ?? value.detail ?? value.why,
	];
	const said = telling.filter(each => typeof each === 'string' || typeof each === 'number');
	return said.length > 0
		? said.join(': ')
		: Object.entries(value)
				.map(([name, each]) => `${name} ${typeof each === 'object' ? JSON.stringify(each) : String(each)}`)
				.join(', ');
}
