/** A message as a subscriber gets it. */
export class Message<P = unknown> {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  readonly payload: P;
  /** RFC 3339, UTC. */
  readonly createTime: string;
  /** 1 for the first message of a subscription, +1 for each. */
  readonly seq: number;
  private readonly frame!: string;

  constructor(
    params: any,
    /** True for a message of the history, from before the subscription. */
    readonly replayed: boolean,
    frame: string,
  ) {
    this.id = params.id;
    this.channel = params.channel;
    this.event = params.event;
    this.payload = params.payload;
    this.createTime = params.createTime;
    this.seq = params.seq;
    Object.defineProperty(this, 'frame', {value: frame});
  }

  /** The payload as it was published: numbers over 2^53 and duplicate keys included. */
  get json(): string {
    return payloadText(this.frame);
  }
}

/** The text of `params.payload` in a broadcast that JSON.parse has accepted. */
export function payloadText(frame: string): string {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
  let depth = 0;
  let inParams = false;
  let key = '';
  let start = -1;
  let end = -1;
  for (let match; (match = token.exec(frame)); ) {
    const [text] = match;
    if (start >= 0 && depth === 2 && (text === ',' || text === '}')) {
      return frame.slice(start, end).trim();
    }
    if (text === ':' && start < 0) {
      inParams = depth === 1 ? key === '"params"' : inParams;
      if (depth === 2 && inParams && key === '"payload"') {
        start = token.lastIndex;
      }
    }
    key = text;
    depth += text === '{' || text === '[' ? 1 : text === '}' || text === ']' ? -1 : 0;
    end = token.lastIndex;
  }
  return '';
}
