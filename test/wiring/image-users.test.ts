import {expect, it} from 'vitest';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {settingsOf} from '../../src/wiring/ports.ts';

it('the pipelines that run in an image are those that it names and those that name it, without the one that builds it', () => {
	const configuration = parseConfiguration(
		`registries:
  private: {url: 'https://registry.example'}
  other: {url: 'https://other.example'}
woodpecker: {url: 'https://ci.example', token: {env: CI_TOKEN}}
images:
  infra-ci:
    registry: private
    build: {repository: acme/infra, branch: main, runsIn: [infra-ci]}
    usedByPipelines: [acme/web]
  shop:
    registry: private
    build: {repository: acme/shop, branch: main, runsIn: [infra-ci, base]}
  far:
    registry: other
    build: {repository: acme/far, branch: main, runsIn: [infra-ci]}
`,
		'regmedic.yaml',
	);
	const usersOf = (image: string) =>
		settingsOf(parseReference(`registry.example/${image}`), {configuration}).usedByPipelines;

	expect(usersOf('infra-ci:latest')).toEqual(['acme/web', 'acme/shop']);
	expect(usersOf('base:3')).toEqual(['acme/shop']);
	expect(usersOf('shop:1')).toEqual([]);
});
