/* Loaded after searchtools.js: cuts a query as two_languages.py cuts the pages. */
const _RUNS = /[ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿豈-﫿]+|(?:(?![ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿豈-﫿])[\p{L}\p{N}_])+/gu;
const _runs = (query) => query.normalize("NFKC").match(_RUNS) || [];

var splitQuery = (query) =>
  _runs(query).flatMap((run) =>
    /^[ぁ-鿿豈-﫿]/u.test(run) && run.length > 2
      ? Array.from({ length: run.length - 1 }, (_unused, at) => run.slice(at, at + 2))
      : [run]);

if (typeof Search !== "undefined") {
  // Words are marked as they were typed, not in pairs of characters.
  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parse(query);
    const typed = _runs(query.toLowerCase()).filter((word) => !stopwords.has(word));
    parsed[3] = new Set(typed);
    localStorage.setItem("sphinx_highlight_terms", typed.join(" "));
    return parsed;
  };
  // Pages in the reader's language come first.
  Scorer.score = ([page, _title, _anchor, _descr, score]) =>
    score + (page.endsWith(".ja") === (document.documentElement.lang === "ja") ? 100 : 0);
  if (document.documentElement.lang === "ja")
    Documentation.addTranslations({
      locale: "ja",
      plural_expr: "0",
      messages: {
        "Preparing search...": "検索を準備しています…",
        "Searching": "検索中",
        "Search Results": "検索結果",
        "Search finished, found one page matching the search query.":
          ["${resultCount}件見つかりました。"],
        "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
          "見つかりませんでした。言葉を短くするか、別の言葉でお試しください。",
      },
    });
}
