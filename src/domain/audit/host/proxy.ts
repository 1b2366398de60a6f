import {evidence, type Risk} from '../risk.ts';
import type {UpkeepFile} from './upkeep.ts';

/**
 * nginx asks for the address of a name that stands in its configuration once, when it starts. A container that is made
 * anew has another address, and the old one may be somebody else's: then /v2/ is answered without credentials, and the
 * catalogue is empty.
 * @see nginx docs: proxy_pass with a variable is resolved through `resolver`, `server … resolve` of an upstream too
 */
export function proxyRisks(files: readonly UpkeepFile[]): Risk[] {
	return files.filter(({kind}) => kind === 'nginx').flatMap(trapsIn);
}

type Directive = {words: string[]; at: number; line: string; blocks: string[]};

function trapsIn(file: UpkeepFile): Risk[] {
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
		return named ? [trap(file.path, named, directive)] : [];
	});
}

function trap(file: string, {at, line}: Directive, {line: pass}: Directive): Risk {
	return {
		kind: 'old-upstream',
		severity: 'may-break',
		file,
		at,
		line: evidence(line === pass ? line : `${line} (${pass})`),
		why: 'nginx keeps the address it looked up at its start. After the registry’s container is made anew it may serve another registry’s images, or an empty catalogue.',
		advice:
			'Give nginx a `resolver` and put the host into a variable (set $registry …; proxy_pass http://$registry;), or restart nginx after every `compose up`.',
	};
}

/** Other sites behind the same nginx are none of our business. */
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
