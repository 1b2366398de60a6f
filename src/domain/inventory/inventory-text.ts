import {OperatorError} from '../errors.ts';
import {isDigest} from '../image/digest.ts';
import {isRepositoryName, isTag} from '../image/reference.ts';
import {isObject, type Json, type JsonObject} from '../json.ts';
import {visibleLine} from '../text/visible.ts';
import {type Inventory, type InventoryEntry, inventoryOf} from './inventory.ts';

const schema = 'regmedic.inventory/1';
/** One notation only: then times compare as text. */
const time = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** `isTorn`: the last line was cut off and is left out, as a copy of a file does that is being written. */
export type ReadInventory = {inventory: Inventory; isTorn: boolean};

/**
 * Reads the JSON lines of `renderInventory`. Several inventories of one registry after each other are one. Keys that are not
 * known are ignored; any line that cannot be read, but a last one that was cut off, makes the file useless.
 * @param file its name, for messages
 * @throws OperatorError inventory.invalid
 */
export function parseInventory(text: string, file: string): ReadInventory {
	const invalid = (line: number, why: string) =>
		new OperatorError('inventory.invalid', `${visibleLine(file)}:${line}: this is not of an inventory: ${why}.`, {
			hint: 'Correct that line, or move the file away: the next probe begins a new one.',
			exit: 'failed',
		});
	const lines = text.split('\n');
	const last = lines.pop()!;
	const entries: InventoryEntry[] = [];
	const header = lines.length === 0 ? undefined : headerOf(lines[0]!);
	if (header === undefined) {
		throw invalid(1, `the header is missing, {"schema":"${schema}","registry":"HOST"}`);
	}

	const read = (line: string, at: number): void => {
		if (line === '') {
			return;
		}

		const value = parsed(line);
		if (isObject(value) && 'schema' in value) {
			if (headerOf(line)?.registry !== header.registry) {
				throw invalid(at, `this header is of another registry than ${visibleLine(header.registry)}`);
			}

			return;
		}

		if (!isObject(value) || !isEntry(value, entries.at(-1))) {
			throw invalid(at, 'an entry has repository, tag, digest, firstSeen and lastSeen');
		}

		entries.push(value);
	};
	for (let at = 1; at < lines.length; at++) {
		read(lines[at]!, at + 1);
	}

	const isTorn = last !== '' && parsed(last) === undefined;
	if (!isTorn) {
		read(last, lines.length + 1);
	}

	return {inventory: inventoryOf(header.registry, entries), isTorn};
}

/** The registry of the header in the first line. Undefined: it is no inventory. */
export function headerOf(line: string): {registry: string} | undefined {
	const value = parsed(line);
	const isHeader = isObject(value) && value.schema === schema && typeof value.registry === 'string';
	return isHeader ? {registry: value.registry as string} : undefined;
}

/** A header with the schema and the registry, then a line for each entry: by repository and tag, the one seen last first. */
export function renderInventory({registry, repositories}: Inventory): string {
	const lines = [JSON.stringify({schema, registry})];
	for (const [, tags] of inOrder(repositories)) {
		for (const [, named] of inOrder(tags)) {
			for (const {repository, tag, digest, firstSeen, lastSeen} of named) {
				// No value has a character that JSON escapes.
				lines.push(
					`{"repository":"${repository}","tag":"${tag}","digest":"${digest}","firstSeen":"${firstSeen}","lastSeen":"${lastSeen}"}`,
				);
			}
		}
	}

	return `${lines.join('\n')}\n`;
}

function inOrder<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
	return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** @param before the entry of the line before, which most lines share the repository with */
function isEntry(value: JsonObject, before: InventoryEntry | undefined): value is InventoryEntry {
	const {repository, tag, digest, firstSeen, lastSeen} = value;
	return (
		typeof repository === 'string' &&
		(repository === before?.repository || isRepositoryName(repository)) &&
		typeof tag === 'string' &&
		isTag(tag) &&
		typeof digest === 'string' &&
		isDigest(digest) &&
		typeof firstSeen === 'string' &&
		time.test(firstSeen) &&
		typeof lastSeen === 'string' &&
		time.test(lastSeen) &&
		firstSeen <= lastSeen
	);
}

function parsed(line: string): Json | undefined {
	try {
		return JSON.parse(line) as Json;
	} catch {
		return undefined;
	}
}
