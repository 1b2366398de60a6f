import {type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit} from 'yaml';
import {defined} from '../../defined.ts';
import type {MaintenanceFile} from '../maintenance.ts';
import {variablesIn} from './environment-file.ts';
import {
	configurationIn,
	isRegistryImage,
	type Mount,
	mountIn,
	type RegistryOnHost,
	resolvePath,
	type Setting,
	withDefaults,
} from './registry-on-host.ts';

/** The images of registries that a compose file names, wherever. */
export function imagesInCompose(file: MaintenanceFile): Setting[] {
	const {document, setting} = openCompose(file);
	const images: Setting[] = [];
	visit(document, {
		Pair(_, {key, value}) {
			if (isScalar(key) && key.value === 'image' && isScalar(value)) {
				const image = withDefaults(String(value.value));
				if (isRegistryImage(image)) {
					images.push(setting(key, image));
				}
			}
		},
	});
	return images;
}

/** The services that are registries: by their image, or by a variable of the registry. */
export function registriesInCompose(
	file: MaintenanceFile,
	environmentFiles: readonly MaintenanceFile[],
): RegistryOnHost[] {
	const {document, setting} = openCompose(file);
	const folder = file.path.slice(0, file.path.lastIndexOf('/'));
	const top = fieldsOf(document.contents, document);
	// Before version 2 the services stood alone. @see compose-spec, legacy versions
	const services = top.has('services') ? fieldsOf(top.get('services')!.value, document) : top;

	return [...services].flatMap(([name, {value}]): RegistryOnHost[] => {
		const service = fieldsOf(value, document);
		const given = service.get('image');
		const image = withDefaults(textOf(given?.value) ?? '');
		const isRegistry = given !== undefined && isRegistryImage(image);
		const files = textsOf(service.get('env_file')?.value, document).map(each => resolvePath(folder, each));
		const variables = new Map([
			...files.flatMap(path => environmentFiles.filter(each => each.path === path).flatMap(variablesIn)),
			...environmentOf(service.get('environment')?.value, document, setting),
		]);
		if (!isRegistry && variables.size === 0) {
			return [];
		}

		const words = ['entrypoint', 'command'].flatMap(key => textsOf(service.get(key)?.value, document));
		return [
			{
				names: [name, textOf(service.get('container_name')?.value)].filter(each => each !== undefined),
				image: isRegistry ? setting(given.key, image) : {file: file.path, line: name, value: image},
				variables,
				...defined({configuration: configurationIn(words.flatMap(each => each.split(/\s+/)))}),
				mounts: mountsOf(service, {folder, top, document}),
				isRunning: false,
			},
		];
	});
}

type Placed = {range?: readonly number[] | null | undefined};

function openCompose({path, text}: MaintenanceFile) {
	const counter = new LineCounter();
	const lines = text.split('\n');
	return {
		document: parseDocument(text, {lineCounter: counter, logLevel: 'silent'}),
		setting({range}: Placed, value: string): Setting {
			const at = counter.linePos(range?.[0] ?? 0).line;
			return {file: path, at, line: lines[at - 1]!.trim(), value};
		},
	};
}

type Fields = Map<string, {key: Placed; value: unknown}>;

const deepestMerge = 5;

/** The fields of a mapping; anchors are followed, and `<<` is merged. Empty for anything else. */
function fieldsOf(node: unknown, document: Document, depth = 0): Fields {
	const fields: Fields = new Map();
	const mapping = followed(node, document);
	if (!isMap(mapping) || depth > deepestMerge) {
		return fields;
	}

	const named = mapping.items.flatMap(({key, value}) => (isScalar(key) ? [{key, value}] : []));
	for (const {value} of named.filter(({key}) => key.value === '<<')) {
		const merged = followed(value, document);
		for (const each of isSeq(merged) ? merged.items : [merged]) {
			fieldsOf(each, document, depth + 1).forEach((field, name) => void fields.set(name, field));
		}
	}

	for (const {key, value} of named.filter(each => each.key.value !== '<<')) {
		fields.set(String(key.value), {key, value: followed(value, document)});
	}

	return fields;
}

function followed(node: unknown, document: Document): unknown {
	return isAlias(node) ? node.resolve(document) : node;
}

/** Also of a number or a boolean; undefined for `null`, a list or a mapping. */
function textOf(node: unknown): string | undefined {
	return isScalar(node) && node.value !== null ? String(node.value) : undefined;
}

/** A text or a list of texts. */
function textsOf(node: unknown, document: Document): string[] {
	const texts = isSeq(node) ? node.items.map(item => textOf(followed(item, document))) : [textOf(node)];
	return texts.filter(text => text !== undefined);
}

/** A variable without a value is taken from the environment of the person who runs compose: nothing is known of it. */
function environmentOf(
	node: unknown,
	document: Document,
	setting: (node: Placed, value: string) => Setting,
): [string, Setting][] {
	if (isSeq(node)) {
		return node.items.flatMap((item): [string, Setting][] => {
			const [, name, value = ''] = /^(REGISTRY_\w+)=(.*)$/s.exec(withDefaults(textOf(item) ?? '')) ?? [];
			return name === undefined || !isScalar(item) ? [] : [[name, setting(item, value)]];
		});
	}

	return [...fieldsOf(node, document)].flatMap(([name, {key, value}]): [string, Setting][] => {
		const text = textOf(value);
		return !name.startsWith('REGISTRY_') || text === undefined ? [] : [[name, setting(key, withDefaults(text))]];
	});
}

/** `volumes` in its short and long form, and `configs`. @see compose-spec, volumes and configs */
function mountsOf(
	service: Fields,
	{folder, top, document}: {folder: string; top: Fields; document: Document},
): Mount[] {
	const itemsOf = (key: string) => {
		const node = service.get(key)?.value;
		return isSeq(node) ? node.items.map(item => followed(item, document)) : [];
	};
	const configs = fieldsOf(top.get('configs')?.value, document);
	return [
		...itemsOf('volumes').flatMap((item): Mount[] => {
			const long = fieldsOf(item, document);
			const text = textOf(item) ?? `${textOf(long.get('source')?.value)}:${textOf(long.get('target')?.value)}`;
			return mountIn(withDefaults(text), folder);
		}),
		...itemsOf('configs').flatMap((item): Mount[] => {
			const long = fieldsOf(item, document);
			const name = textOf(item) ?? textOf(long.get('source')?.value) ?? '';
			const file = textOf(fieldsOf(configs.get(name)?.value, document).get('file')?.value);
			const inside = textOf(long.get('target')?.value) ?? `/${name}`;
			return [{host: file === undefined ? name : resolvePath(folder, file), inside}];
		}),
	];
}
