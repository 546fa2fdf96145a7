/** The style of the page: light and dark as the reader's system has it, light on paper. No fonts, no images. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#171b22;--dim:#5b6472;--line:#dfe3e9;--soft:#eef1f5;
--ok:#0f7b43;--ok-bg:#e5f5ec;--bad:#b3261e;--bad-bg:#fdecea;--warn:#8a5a00;--warn-bg:#fff4dc;--bar:#2f6fde;--bar2:#9dbcf2;--mark:#171b22}
@media (prefers-color-scheme:dark){:root{--bg:#101318;--card:#191e26;--ink:#e8ebf0;--dim:#9aa5b5;--line:#2d3542;--soft:#222935;
--ok:#5fd38d;--ok-bg:#12321f;--bad:#ff8a80;--bad-bg:#3b1715;--warn:#f2c14e;--warn-bg:#372a0a;--bar:#6ea2ff;--bar2:#33507f;--mark:#e8ebf0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
main,.top,footer{max-width:1040px;margin:0 auto;padding:0 20px}
.top{padding-top:28px;display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;justify-content:space-between}
.top h1{font-size:17px;margin:0;letter-spacing:-.01em}
.top p{margin:0}.top p,footer{color:var(--dim);font-size:13px}
footer{padding-top:8px;padding-bottom:36px}
a{color:inherit;text-decoration-color:var(--dim);text-underline-offset:3px}
a:focus-visible,summary:focus-visible{outline:3px solid var(--bar);outline-offset:2px;border-radius:4px}
article,.summary{background:var(--card);border:1px solid var(--line);border-radius:14px;margin:18px 0;overflow:hidden}
.verdict{display:grid;grid-template-columns:auto 1fr;gap:2px 16px;padding:22px 26px;border-bottom:1px solid var(--line)}
.verdict .sign{grid-row:span 3;width:44px;height:44px}
.verdict h2{margin:0;font-size:22px;line-height:1.25;letter-spacing:-.015em;overflow-wrap:anywhere}
.verdict .where{margin:0;color:var(--dim);font-size:13.5px;overflow-wrap:anywhere}
.verdict .message{margin:6px 0 0;font-size:16px;overflow-wrap:anywhere}
.ok .verdict{background:var(--ok-bg)}.ok .sign{color:var(--ok)}
.critical .verdict{background:var(--bad-bg)}.critical .sign{color:var(--bad)}
.warning .verdict,.unknown .verdict{background:var(--warn-bg)}.warning .sign,.unknown .sign{color:var(--warn)}
.try{grid-column:2;margin:14px 0 0;padding:11px 15px;background:var(--card);border-left:4px solid var(--bar);border-radius:6px;overflow-wrap:anywhere}
.try b{display:block;font-size:12px;text-transform:uppercase;letter-spacing:.06em;color:var(--dim)}
.facts{display:flex;flex-wrap:wrap;margin:0;border-bottom:1px solid var(--line)}
.facts div{padding:13px 26px 12px;flex:1 1 auto;min-width:110px}
.facts dt{font-size:12px;color:var(--dim)}
.facts dd{margin:0;font-size:17px;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
section{padding:20px 26px 22px;border-bottom:1px solid var(--line);break-inside:avoid}
section:last-child{border-bottom:0}
h3{margin:0 0 12px;font-size:14px;letter-spacing:.01em}
h3 small{font-weight:400;color:var(--dim);margin-left:8px;font-size:13px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left}
thead th{font-size:12px;font-weight:400;color:var(--dim);padding:0 10px 6px 0;vertical-align:bottom}
.wide{overflow-x:auto}
.code,code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.waterfall th,.waterfall td{padding:2px 12px 2px 0;height:27px;white-space:nowrap}
.waterfall .plot{width:56%;padding:0 12px 0 0;min-width:180px}
.waterfall svg{display:block;width:100%;height:27px}
.waterfall thead .plot{padding-bottom:0}.waterfall thead svg{height:20px}
.waterfall tbody th{font-weight:500}.waterfall .time{text-align:right}
.waterfall .what{white-space:normal;color:var(--dim);font-size:13px;overflow-wrap:anywhere;width:34%}
.waterfall tr.failed th,.waterfall tr.failed .time,.waterfall tr.failed .what{color:var(--bad)}
svg text{fill:var(--dim);font-size:11.5px;font-family:inherit}
.grid{stroke:var(--line);stroke-width:1}
.bar{fill:var(--bar)}.bar.failed{fill:var(--bad)}.bar.warning{fill:var(--warn)}.bar.past{fill:var(--bar2)}.bar.soon{fill:var(--warn)}
.cut{stroke:var(--card);stroke-width:3}.mark{stroke:var(--mark);stroke-width:2}.mark.thin{stroke-width:1.5;stroke-dasharray:3 3}
svg text.strong{fill:var(--ink);font-weight:600}
.tag{display:inline-block;font-size:12px;font-weight:600;border-radius:99px;padding:1px 10px;white-space:nowrap}
.tag.ok,.tag.yes{background:var(--ok-bg);color:var(--ok)}.tag.critical,.tag.no{background:var(--bad-bg);color:var(--bad)}
.tag.warning,.tag.unknown{background:var(--warn-bg);color:var(--warn)}.tag.none{background:var(--soft);color:var(--dim)}
.skipped{margin:10px 0 0;color:var(--dim);font-size:13px}
.list{margin:0;padding:0;list-style:none;display:grid;gap:10px}
.list li{overflow-wrap:anywhere}.list p{margin:2px 0 0;color:var(--dim);font-size:14px}
.rows td,.rows tbody th{padding:7px 14px 7px 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
.rows tbody th{font-weight:600}
.num{text-align:right;white-space:nowrap}
.summary{padding:20px 26px}.summary table{min-width:660px}.summary h2{margin:0 0 12px;font-size:22px;letter-spacing:-.015em}
.matrix{table-layout:fixed;min-width:560px;border-collapse:separate;border-spacing:6px;margin:0 -6px}
.matrix thead th{padding:0 6px;text-align:center;font-size:13px}.matrix .corner{width:92px;padding:0}
.matrix tbody th{white-space:nowrap}
.matrix td{padding:10px 12px;border-radius:8px;font-size:13px;text-align:center;overflow-wrap:anywhere}
.matrix td b{display:block;font-size:14px;line-height:1.35}
.matrix td.slow{background:var(--warn-bg);color:var(--warn)}
.matrix td.yes{background:var(--ok-bg);color:var(--ok)}.matrix td.no{background:var(--bad-bg);color:var(--bad)}
.matrix td.none{background:var(--soft);color:var(--dim)}
.pairs{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 18px;margin:0;font-size:14px}
.pairs dt{color:var(--dim)}.pairs dd{margin:0;overflow-wrap:anywhere}
.does{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(360px,1fr));gap:9px 28px}
.does li{display:grid;grid-template-columns:84px 1fr;align-items:baseline;break-inside:avoid}
.does .tag{justify-self:start}.does small{display:block;color:var(--dim);font-size:13px;overflow-wrap:anywhere}
.answers{min-width:620px}.answers td{font-size:14px;width:40%}.answers th[scope=row]{font-weight:500;font-size:13px;white-space:nowrap}
.answer.no{color:var(--bad)}.answer.yes{color:var(--ok)}.answer.unknown{color:var(--dim)}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:20px 36px}.columns .pairs{font-size:13px;font-variant-numeric:tabular-nums}
h4{margin:0 0 8px;font-size:13px;font-weight:400;color:var(--dim)}
details{margin-top:12px}summary{cursor:pointer;color:var(--dim);font-size:13px}
details[open] summary{margin-bottom:8px}
@media (max-width:640px){main,.top,footer{padding-left:10px;padding-right:10px}.verdict,section,.summary{padding-left:16px;padding-right:16px}
.facts div{padding-left:16px;padding-right:16px;flex-basis:45%}.columns{grid-template-columns:1fr}.does{grid-template-columns:1fr}
.pairs{grid-template-columns:minmax(0,2fr) minmax(0,3fr)}.pairs dt{overflow-wrap:anywhere}.does li{grid-template-columns:76px 1fr}
.matrix{min-width:0;border-spacing:4px;margin:0 -4px}.matrix .corner{width:62px}.matrix tbody th{font-size:13px}.matrix td{padding:8px 3px;font-size:11.5px}
.matrix td b{font-size:12px}.matrix thead th{padding:0 2px;font-size:11.5px}
.answers{min-width:0}.answers thead{display:none}.answers tr,.answers td,.answers th[scope=row]{display:block;width:auto}.answers tr{border-top:1px solid var(--line);padding:6px 0}
.answers td,.answers tbody th{border:0;padding:2px 0}.answers td+td:not(.absent)::before{content:"once published: ";color:var(--dim)}.answers td.absent{display:none}
.waterfall .what{display:none}.verdict h2{font-size:19px}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#bbb;--soft:#eee;--ok:#0b5c32;--ok-bg:#eef8f2;
--bad:#8f1a14;--bad-bg:#fdf1f0;--warn:#6b4600;--warn-bg:#fff8e8;--bar:#2f6fde;--bar2:#9dbcf2;--mark:#000}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:11pt}article,.summary{border-radius:0;break-inside:auto}
article+article{break-before:page}.verdict{break-inside:avoid}details{display:none}}
`;
