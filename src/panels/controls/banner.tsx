/** A line above what is shown that says why it may be old, or that nothing can be added. */
import type { BannerWords } from '../../words/history-states.js';

export function Banner({ tone, title, detail }: BannerWords) {
  return (
    <div className="jp-ColophonBanner" data-tone={tone} role="status">
      <strong>{title}</strong>
      <span>{detail}</span>
    </div>
  );
}
