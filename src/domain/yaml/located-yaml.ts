import * as v from 'valibot';
import {type Document, isMap, isNode, isScalar, LineCounter, parseDocument} from 'yaml';
import type {RunbookProblem} from '../runbook/parser.ts';
import type {Position} from '../runbook/runbook.ts';

/** YAML inside of a page: what it says, where each value and each key stands, and what is wrong with it. */
export type ReadYaml<T> = {
	value?: T;
	problems: RunbookProblem[];
	locate(path: Path): Position;
	locateKey(path: Path): Position;
};

type Path = readonly (string | number)[];

/**
 * @param origin where the YAML's first character stands in the page
 */
export function readYaml<Schema extends v.GenericSchema>(
	text: string,
	origin: Position,
	schema: Schema,
): ReadYaml<v.InferOutput<Schema>> {
	const lines = new LineCounter();
	const document = parseDocument(text, {lineCounter: lines, uniqueKeys: true, maxAliasCount: 10} as object);
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

	/** The key itself, where the trouble is that it is there at all. */
	const locateKey = (path: Path): Position => {
		const map = document.getIn(path.slice(0, -1), true);
		const key = isMap(map) && map.items.find(({key}) => isScalar(key) && key.value === path.at(-1))?.key;
		return isNode(key) && key.range ? at(key.range[0]) : locate(path);
	};

	if (document.errors.length > 0) {
		const problems = document.errors.map(({pos, message}) => ({
			...at(pos[0]),
			code: 'yaml',
			message: message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '.'),
		}));
		return {problems, locate, locateKey};
	}

	const content = contentOf(document);
	if (!content.ok) {
		return {problems: [{...origin, code: 'yaml', message: content.reason}], locate, locateKey};
	}

	const parsed = v.safeParse(schema, content.value);
	if (parsed.success) {
		return {value: parsed.output, problems: [], locate, locateKey};
	}

	const problems = parsed.issues.map(issue => {
		const path = (issue.path ?? []).map(({key}) => key as string | number);
		const place = isUnknownKey(issue) ? locateKey(path) : locate(path);
		return {...place, code: 'shape', message: sayIssue(issue, path)};
	});
	return {problems, locate, locateKey};
}

/** An empty text says nothing, which is an empty map. Aliases are followed here, and may lead nowhere. */
function contentOf(document: Document): {ok: true; value: unknown} | {ok: false; reason: string} {
	try {
		return {ok: true, value: document.toJS({maxAliasCount: 10}) ?? {}};
	} catch (error) {
		return {ok: false, reason: (error as Error).message};
	}
}

/** `with.image: expected a string, got nothing`; unknown keys by name. */
export function sayIssue(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
	if (isUnknownKey(issue)) {
		return `Unknown key "${path.join('.')}".`;
	}

	const what = path.join('.');
	const text = issue.received === 'undefined' ? 'is missing' : issue.message;
	return what === '' ? text : `${what}: ${text}`;
}

function isUnknownKey({type, expected}: v.BaseIssue<unknown>): boolean {
	return type === 'strict_object' && expected === 'never';
}
