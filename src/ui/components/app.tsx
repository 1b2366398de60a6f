import {Box, type Key, useAnimation, useApp, useWindowSize} from 'ink';
import {type RefObject, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore} from 'react';
import {OperatorError} from '../../domain/errors.ts';
import type {Session} from '../../engine/session/session.ts';
import {drawFrame, type Frame} from '../draw/frame.ts';
import type {Pen} from '../draw/pen.ts';
import {pressesOf} from '../state/press.ts';
import {sceneOf} from '../state/scene.ts';
import {freshState, type Order, type ScreenState, type Stage, settle, type Turn, tell} from '../state/screen-state.ts';
import {paste, update} from '../state/update.ts';
import {type Bell, bellSequence, createBell} from '../terminal/bell.ts';
import {copySequence} from '../terminal/copy.ts';
import {Pane} from './pane.tsx';
import {RowLine} from './row-line.tsx';

/** What a key and a paste do now. */
export type Hands = {press(input: string, key: Key): void; paste(text: string): void};

export type AppProps = {
	/** Where the keys come from: they are ours from the very frame on that names them. */
	hands: RefObject<Hands>;
	session: Session;
	image: string;
	journalFolder: string;
	now: () => number;
	colors: boolean;
	pen: Pen;
	env: NodeJS.ProcessEnv;
	/** Writes a sequence that moves nothing on the screen. */
	signal: (sequence: string) => void;
	/** Stops the process until it is continued. Absent where that is not possible. */
	suspend?: () => Promise<void>;
};

/** Shows the session, turns keys into words for it, and decides nothing. */
export function App({hands, session, image, journalFolder, now, colors, pen, env, signal, suspend}: AppProps) {
	const {exit, suspendTerminal} = useApp();
	const {columns, rows} = useWindowSize();
	const view = useSyncExternalStore(session.subscribe, session.current);
	const scene = sceneOf(view);
	const {frame: spin} = useAnimation({interval: scene.kind === 'working' ? 120 : 1000});
	const [state, setState] = useState<ScreenState>(() => freshState(scene, now()));
	// Several keys may come before the next drawing: each starts from what the one before made.
	const latest = useRef(state);
	const settled = settle(state, scene, now());
	const frame = drawFrame(settled, {view, scene, now: now(), journalFolder, columns, rows, image, pen, spin});
	const shown = useRef<Frame>(frame);

	// From here on the scene is on the screen: a key is meant for it.
	useEffect(() => {
		shown.current = frame;
		const next = settle(latest.current, scene, now());
		if (next !== latest.current) {
			keep(next);
		}
	});

	const bell = useRef<Bell>(undefined);
	useLayoutEffect(() => {
		bell.current ??= createBell();
		if (bell.current.rings(scene.kind, now())) {
			signal(bellSequence(env));
		}
	}, [scene.kind, signal, env, now]);

	useEffect(() => {
		session.ended.then(
			end => (end.why === 'left' ? exit() : undefined),
			error => (error instanceof OperatorError ? undefined : exit(asError(error))),
		);
	}, [session, exit]);

	function keep(next: ScreenState) {
		latest.current = next;
		setState(next);
	}

	function take(turn: (state: ScreenState, stage: Stage) => Turn) {
		const current = session.current();
		const stage: Stage = {view: current, scene: sceneOf(current), now: now(), journalFolder, ...shown.current.room};
		const [next, orders] = turn(latest.current, stage);
		keep(next);
		orders.forEach(carryOut);
	}

	/** What the world answers is shown; what went wrong is the reason a key did not work. */
	function complain(error: unknown) {
		if (!(error instanceof OperatorError)) {
			exit(asError(error));
		} else if (error.code === 'session.refused' || error.code === 'session.closed') {
			keep(tell(latest.current, error.message)[0]);
		}
		// Anything else halts the session, and the banner says it.
	}

	function carryOut(order: Order) {
		switch (order.do) {
			case 'say':
				session.say(order.happening).catch(complain);
				break;
			case 'proceed':
				session.proceed().catch(complain);
				break;
			case 'leave':
				// Answered at once: the session ends behind a screen that is already closed.
				session.leave(order.reason).catch(() => {});
				exit();
				break;
			case 'exit':
				exit();
				break;
			case 'copy': {
				const sequence = copySequence(order.text, env);
				if (sequence !== undefined) {
					signal(sequence);
				}

				const [next] = tell(
					latest.current,
					sequence === undefined ? 'That is too long for the clipboard.' : `Copied: ${order.text}`,
					'good',
				);
				keep(next);
				break;
			}

			case 'suspend':
				if (suspend) {
					suspendTerminal(suspend).catch(complain);
				} else {
					keep(tell(latest.current, 'regmedic cannot be suspended here. q leaves; the incident can be resumed.')[0]);
				}
		}
	}

	useLayoutEffect(() => {
		hands.current = {
			press(input, key) {
				for (const press of pressesOf(input, key)) {
					take((before, stage) => update(before, press, stage));
				}
			},
			paste: text => take((before, stage) => paste(before, text, stage)),
		};
	});

	const tone = view.incident.drill ? 'rehearsal' : 'real';
	const pane = {pen, tone, colors} as const;
	return (
		<Box width={columns} height={rows} flexDirection="column" overflow="hidden">
			<RowLine row={frame.header} colors={colors} />
			{frame.banner.map((row, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: lines have places, not names
				<RowLine key={at} row={row} colors={colors} />
			))}
			{frame.stepLine && <RowLine row={frame.stepLine} colors={colors} />}
			<Box flexShrink={0}>
				{frame.steps && <Pane pane={frame.steps} {...pane} />}
				<Box flexDirection="column" flexShrink={0}>
					{frame.main && <Pane pane={frame.main} {...pane} />}
					{frame.log && <Pane pane={frame.log} {...pane} />}
				</Box>
			</Box>
			<RowLine row={frame.status} colors={colors} />
			<RowLine row={frame.bar} colors={colors} />
		</Box>
	);
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}
