import * as v from 'valibot';
import {type Document, isMap, isNode, isScalar, LineCounter, parseDocument} from 'yaml';

/** Where something stands in a page; both count from 1. */
export type Position = {line: number; column: number};

/** Something that the author of a page has to fix. */
export type LocatedProblem = Position & {code: string; message: string};

export function problemAt({line, column}: Position, code: string, message: string): LocatedProblem {
	return {line, column, code, message};
}

/** The YAML of a page: its value, the position of each value and each key, and its problems. */
type ReadYaml<T> = {
	value?: T;
	problems: LocatedProblem[];
	locate(path: Path): Position;
	locateKey(path: Path): Position;
};

type Path = readonly (string | number)[];

/** @param origin the position of the YAML's first character in the page */
export function readYaml<Schema extends v.GenericSchema>(
	text: string,
	origin: Position,
	schema: Schema,
): ReadYaml<v.InferOutput<Schema>> {
	const lines = new LineCounter();
	const document = parseDocument(text, {lineCounter: lines, uniqueKeys: true});
	const at = (offset: number): Position => {
		const {line, col} = lines.linePos(offset);
		return {line: origin.line + line - 1, column: origin.column + col - 1};
	};

	const locate = (path: Path): Position => {
		for (let length = path.length; length > 0; length--) {
			const node = document.getIn(path.slice(0, length), true);
			if (isNode(node) && node.range) {
				return at(node.range[0]);
			}
		}

		return origin;
	};

	/** The key itself, where the key is the problem. */
	const locateKey = (path: Path): Position => {
		const map = document.getIn(path.slice(0, -1), true);
		const key = isMap(map) && map.items.find(({key}) => isScalar(key) && key.value === path.at(-1))?.key;
		return isNode(key) && key.range ? at(key.range[0]) : locate(path);
	};

	if (document.errors.length > 0) {
		const problems = document.errors.map(({pos, message}) =>
			problemAt(at(pos[0]), 'yaml', message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '.')),
		);
		return {problems, locate, locateKey};
	}

	const content = contentOf(document);
	if (!content.ok) {
		return {problems: [problemAt(origin, 'yaml', content.reason)], locate, locateKey};
	}

	const parsed = v.safeParse(schema, content.value);
	if (parsed.success) {
		return {value: parsed.output, problems: [], locate, locateKey};
	}

	const problems = parsed.issues.map(issue => {
		const path = (issue.path ?? []).map(({key}) => key as string | number);
		const where = isUnknownKey(issue) ? locateKey(path) : locate(path);
		return problemAt(where, 'shape', sayIssue(issue, path));
	});
	return {problems, locate, locateKey};
}

/** An empty text is an empty map. Aliases are resolved here; one that has no anchor is an error. */
function contentOf(document: Document): {ok: true; value: unknown} | {ok: false; reason: string} {
	try {
		return {ok: true, value: document.toJS({maxAliasCount: 10}) ?? {}};
	} catch (error) {
		return {ok: false, reason: (error as Error).message};
	}
}

/** `with.image: expected a string, got nothing`; unknown keys by name. */
function sayIssue(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
	if (isUnknownKey(issue)) {
		return `Unknown key "${path.join('.')}".`;
	}

	const key = path.join('.');
	const text = issue.received === 'undefined' ? 'is missing' : issue.message;
	return key === '' ? text : `${key}: ${text}`;
}

function isUnknownKey({type, expected}: v.BaseIssue<unknown>): boolean {
	return type === 'strict_object' && expected === 'never';
}
