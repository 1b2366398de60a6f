import {evidence, type Hazard} from '../hazard.ts';
import type {MaintenanceFile} from '../maintenance.ts';

/**
 * nginx resolves a name in its configuration once, when it starts. A container that is created again has another address,
 * and the old address may belong to another container: then /v2/ answers without credentials, and the catalogue is empty.
 * @see nginx docs: proxy_pass with a variable is resolved through `resolver`, `server … resolve` of an upstream too
 */
export function proxyHazards(files: readonly MaintenanceFile[]): Hazard[] {
	return files.filter(({kind}) => kind === 'nginx').flatMap(staleUpstreams);
}

type Directive = {words: string[]; at: number; line: string; blocks: string[]};

function staleUpstreams(file: MaintenanceFile): Hazard[] {
	const directives = directivesIn(file.text);
	const upstreams = new Map<string, Directive[]>();
	for (const directive of directives) {
		const [, name] = /^upstream\s+(\S+)$/.exec(directive.blocks.at(-1) ?? '') ?? [];
		if (name !== undefined && directive.words[0] === 'server') {
			upstreams.set(name, [...(upstreams.get(name) ?? []), directive]);
		}
	}

	return directives.flatMap(directive => {
		const [, host] =
			directive.words[0] === 'proxy_pass'
				? (/^https?:\/\/([^/:\s]+|\[[^\]]+\])/.exec(directive.words[1] ?? '') ?? [])
				: [];
		if (host === undefined || !isAboutRegistries(directive, host)) {
			return [];
		}

		const servers = upstreams.get(host);
		const named =
			servers === undefined
				? isName(host) && directive
				: servers.find(({words}) => isName((words[1] ?? '').replace(/:\d+$/, '')) && !words.includes('resolve'));
		return named ? [hazardOf(file.path, named, directive)] : [];
	});
}

function hazardOf(file: string, {at, line}: Directive, {line: pass}: Directive): Hazard {
	return {
		kind: 'old-upstream',
		severity: 'may-break',
		file,
		at,
		line: evidence(line === pass ? line : `${line} (${pass})`),
		why: 'nginx keeps the address that it resolved at its start. Once the registry’s container is created again, nginx may serve another registry’s images or an empty catalogue.',
		advice:
			'Add a `resolver` and put the host into a variable (set $registry …; proxy_pass http://$registry;), or restart nginx after every `compose up`.',
	};
}

/** The same nginx may serve other sites as well. */
function isAboutRegistries({blocks, words}: Directive, host: string): boolean {
	return (
		/registry|distribution/i.test(host) ||
		/registry|\/v2\//i.test(`${blocks.join(' ')} ${words.join(' ')}`) ||
		/:50\d\d\b/.test(words[1] ?? '')
	);
}

function isName(host: string): boolean {
	return !/[$]/.test(host) && !/^(?:\d+(?:\.\d+){3}|\[.*\]|localhost|unix:.*)$/.test(host);
}

function directivesIn(text: string): Directive[] {
	const directives: Directive[] = [];
	const blocks: string[] = [];
	let words = '';
	let at = 1;
	let line = 1;

	for (const piece of text.replace(/(^|\s)#.*$/gm, '$1').matchAll(/"[^"]*"|'[^']*'|[{};\n]|[^{};\n"']+/g)) {
		const [token] = piece;
		if (token === ';' || token === '{') {
			const said = words.trim().replace(/\s+/g, ' ');
			if (token === ';' && said !== '') {
				directives.push({words: said.split(' '), at, line: `${said};`, blocks: [...blocks]});
			} else if (token === '{') {
				blocks.push(said);
			}

			words = '';
		} else if (token === '}') {
			blocks.pop();
			words = '';
		} else {
			at = words.trim() === '' ? line : at;
			words += token === '\n' ? ' ' : token;
		}

		line += token.split('\n').length - 1;
	}

	return directives;
}
