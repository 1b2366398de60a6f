import {BlockList, isIP} from 'node:net';
import {OperatorError} from '../../../domain/errors.ts';
import {isLoopback} from '../../../domain/image/reference.ts';

/** What stands between this machine and the registry. */
export type Proxies = {http?: URL; https?: URL /** As in NO_PROXY. */; except?: string};

const schemes = /^(?:https?|socks5?):$/;

/**
 * The proxies that the environment names, as curl reads it: the lower case counts before the upper.
 * @throws OperatorError registry.proxy-unreadable, without its value: a password may stand in it
 */
export function proxiesIn(environment: Record<string, string | undefined>): Proxies {
	const named = (name: string): [string, string] | undefined => {
		const found = [name, name.toUpperCase()].find(each => (environment[each] ?? '').trim() !== '');
		return found === undefined ? undefined : [found, environment[found]!.trim()];
	};
	const all = named('all_proxy');
	const [http, https, except] = [named('http_proxy') ?? all, named('https_proxy') ?? all, named('no_proxy')];
	return {
		...(http && {http: parseProxy(...http)}),
		...(https && {https: parseProxy(...https)}),
		...(except && {except: except[1]}),
	};
}

/** Undefined: straight there. */
export function proxyFor(url: URL, {http, https, except = ''}: Proxies): URL | undefined {
	const proxy = url.protocol === 'https:' ? https : http;
	return proxy === undefined || isLoopback(url.host) || isExcepted(url, except) ? undefined : proxy;
}

function parseProxy(variable: string, text: string): URL {
	const whole = /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`;
	const url = URL.canParse(whole) ? new URL(whole) : undefined;

	if (url === undefined || url.hostname === '' || !schemes.test(url.protocol) || !isDecodable(url)) {
		throw new OperatorError('registry.proxy-unreadable', `${variable} does not name a proxy.`, {
			hint: `Write it as http://HOST:PORT, or unset it; NO_PROXY names hosts that are reached without it.`,
			exit: 'configuration',
		});
	}

	return url;
}

/** A percent sign in a password has to be written as %25. */
function isDecodable({username, password}: URL): boolean {
	return isText(username) && isText(password);
}

function isText(encoded: string): boolean {
	try {
		decodeURIComponent(encoded);
		return true;
	} catch {
		return false;
	}
}

/** `*`, names with all that is below them, addresses, ranges of addresses; with or without a port. */
function isExcepted(url: URL, except: string): boolean {
	const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
	const port = url.port || (url.protocol === 'https:' ? '443' : '80');

	return except
		.toLowerCase()
		.split(/[\s,]+/)
		.filter(entry => entry !== '')
		.some(entry => {
			if (entry === '*') {
				return true;
			}

			if (entry.includes('/')) {
				return isInRange(host, entry);
			}

			const [, name, only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry)!;
			const bare = name!.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
			return (
				(only === undefined || only === port) && (host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`)))
			);
		});
}

function isInRange(host: string, range: string): boolean {
	const [network, bits] = range.split('/');
	const family = isIP(network!);

	if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits!) || Number(bits) > (family === 4 ? 32 : 128)) {
		return false;
	}

	const list = new BlockList();
	const kind = family === 4 ? 'ipv4' : 'ipv6';
	list.addSubnet(network!, Number(bits), kind);
	return list.check(host, kind);
}
