#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
	process.stderr.write(
		`regmedic needs Node 22.19 or newer; this is ${process.versions.node}.\n` +
			'In its repository, npm scripts run on the Node it brings: `npm start`, `npm run -s regmedic -- --help`.\n',
	);
	process.exitCode = 2;
} else {
	process.env.NODE_ENV ??= 'production';
	await import('../dist/cli.js');
}
