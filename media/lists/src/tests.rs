use std::fmt::Write as _;

use encoding_rs::{BIG5, Encoding, GB18030, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};
use insta::assert_snapshot;
use proptest::prelude::*;

use crate::*;

fn told(list: Result<Playlist, ListError>) -> String {
    let list = match list {
        Ok(list) => list,
        Err(error) => return format!("error: {error}"),
    };
    let mut told = format!("\"{}\", refused {}", list.title, list.refused);
    for Entry { title, artist, album, address, length_us, art } in list.entries {
        let length = length_us.map_or("-".to_owned(), |micros| format!("{} s", micros as f64 / 1e6));
        let art = art.unwrap_or("-".to_owned());
        write!(told, "\n{address} | {title} | {artist} | {album} | {length} | {art}").unwrap();
    }
    told
}

#[test]
fn m3u_in_all_its_dress() {
    let text = "#EXTM3U\r\n#PLAYLIST:Road trip\r\n#EXTINF:123.5,Ann Other - First\r\n#EXTALB:The Album\r\nMusic\\one.mp3\r\n\
        #EXTINF:-1 tvg-name=\"A, B\" group-title=\"News\",Radio, One\r\nhttps://radio.example/live?a=1&b=2\r\n\
        #EXTIMG:cover.jpg\r\n#EXTART:Somebody\r\n#EXTINF:12,A - B\r\n../two three.flac\r\n\
        ftp://no.example/x.mp3\r\n#EXTVLCOPT:x\r\nfile:///srv/car/four%20five.ogg\r\nC:\\Music\\six.mp3\n\n# words\nseven.mp3";
    assert_snapshot!(told(playlist(text.as_bytes(), "")), @r#"
        "Road trip", refused 1
        Music/one.mp3 | First | Ann Other | The Album | 123.5 s | -
        https://radio.example/live?a=1&b=2 | Radio, One |  |  | - | -
        ../two three.flac | A - B | Somebody |  | 12 s | cover.jpg
        /srv/car/four five.ogg |  |  |  | - | -
        C:/Music/six.mp3 |  |  |  | - | -
        seven.mp3 |  |  |  | - | -
        "#);
    assert_snapshot!(told(playlist(b"file:/srv/one.mp3\nFILE:http://radio.example/\nfile:two.mp3\n", "list.m3u")), @r#"
        "", refused 2
        /srv/one.mp3 |  |  |  | - | -
        "#);
    assert_snapshot!(told(playlist(b"one.mp3\ntwo.mp3\n", "/stick/List.M3U")), @r#"
        "", refused 0
        one.mp3 |  |  |  | - | -
        two.mp3 |  |  |  | - | -
        "#);
    assert_snapshot!(told(playlist(b"http://radio.example/a\n", "")), @r#"
        "", refused 0
        http://radio.example/a |  |  |  | - | -
        "#);
    assert_snapshot!(told(playlist(b"#EXTM3U\n#EXTINF:1,An odd \" mark, and more\na.mp3", "")), @r#"
        "", refused 0
        a.mp3 | An odd " mark, and more |  |  | 1 s | -
        "#);
}

#[test]
fn pls_in_any_order() {
    let text =
        b"[Playlist]\nNumberOfEntries=3\nTitle2=Two\nFile2=http://b.example/\nFile1=a\\b.mp3\nLength1=7\nLength2=-1\n\
        File10=ten.ogg\nFile3=\nFileX=no\nTitle99=alone\nversion=2";
    assert_snapshot!(told(playlist(text, "")), @r#"
        "", refused 2
        a/b.mp3 |  |  |  | 7 s | -
        http://b.example/ | Two |  |  | - | -
        ten.ogg |  |  |  | - | -
        "#);
}

#[test]
fn xspf_with_escapes_and_other_words() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/">
        <title>A &amp; B</title><creator>x</creator><trackList>
        <track><location>my%20song%20%E6%99%B4.mp3</location><location>http://other.example/</location><title><![CDATA[<Song>]]></title>
          <creator>Ann</creator><album>Al</album><duration>185029</duration><image>cover.jpg</image>
          <extension application="x"><title>not this</title></extension></track>
        <track><location>file:///music/a%25b.mp3</location></track>
        <track><location>http://radio.example/&#x41;?a&amp;b</location><duration>none</duration></track>
        <track><title>nowhere</title></track>
        </trackList></playlist>"#;
    assert_snapshot!(told(playlist(text.as_bytes(), "")), @r#"
        "A & B", refused 1
        my song 晴.mp3 | <Song> | Ann | Al | 185.029 s | cover.jpg
        /music/a%b.mp3 |  |  |  | - | -
        http://radio.example/A?a&b |  |  |  | - | -
        "#);
}

#[test]
fn what_is_no_playlist_says_what_it_is() {
    let broken = "<playlist><trackList><track><location>a.mp3</location></track>";
    for (what, bytes) in [
        ("hls master", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=128000\nlow.m3u8\n"),
        ("hls media", "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\n1.ts\n"),
        ("page", "<!DOCTYPE html>\n<html><body><p>Log in<br></body></html>"),
        ("feed", "<rss version='2.0'/>"),
        ("sound", "ID3\u{3}\0\0"),
        ("empty", "#EXTM3U\n\n"),
        ("nothing", ""),
        ("cut", broken),
        ("prose", "a list of words"),
    ] {
        let hint = if what == "sound" { "x.m3u" } else { "" };
        let error = playlist(bytes.as_bytes(), hint).expect_err(what);
        let expected = match what {
            "hls master" | "hls media" => matches!(error, ListError::Stream),
            "page" => matches!(error, ListError::WebPage),
            "empty" => matches!(error, ListError::Empty),
            "cut" => matches!(error, ListError::Xml { .. }),
            _ => matches!(error, ListError::Unknown),
        };
        assert!(expected, "{what}: {error:?}");
    }
}

#[test]
fn titles_survive_the_encodings_of_old_lists() {
    let check = |encoding: &'static Encoding, text: &str| {
        let list = playlist(&encoding.encode(text).0, "a.m3u").expect(text);
        assert_eq!(list.entries[0].address, text, "{}", encoding.name());
    };
    check(GB18030, "晴天.mp3");
    check(GB18030, "周杰伦/七里香/晴天.mp3");
    check(BIG5, "周杰倫/晴天.mp3");
    check(SHIFT_JIS, "久石譲/となりのトトロ.mp3");
    check(WINDOWS_1252, "Björk/Jóga.mp3");
    check(WINDOWS_1252, "Café Tacvba/Señorita.mp3");
    check(WINDOWS_1251, "Кино/Группа крови.mp3");
    let text = "#EXTM3U\n#EXTINF:1,É\nÉ/晴天.mp3\n";
    for (mark, big) in [("", false), ("\u{feff}", false), ("", true), ("\u{feff}", true)] {
        let bytes: Vec<u8> = format!("{mark}{text}")
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        let named = if big { UTF_16BE.name() } else { UTF_16LE.name() };
        assert_eq!(playlist(&bytes, "").expect(named).entries[0].address, "É/晴天.mp3");
    }
    assert_eq!(playlist(format!("\u{feff}{text}").as_bytes(), "").unwrap().entries[0].title, "É");
    let named = [b"#EXTM3U\n#EXTENC: KOI8-R\n".as_slice(), &[0xEB, 0xC9, 0xCE, 0xCF]].concat();
    assert_eq!(playlist(&named, "").unwrap().entries[0].address, "Кино");
}

#[test]
fn lists_end_where_they_must() {
    let mut long = "#EXTM3U\n".to_owned();
    for number in 0..MAX_ENTRIES + 5 {
        writeln!(long, "{number}.mp3").unwrap();
    }
    let list = playlist(long.as_bytes(), "").unwrap();
    assert_eq!((list.entries.len(), list.refused), (MAX_ENTRIES, 5));

    let title = "长".repeat(MAX_TEXT + 1);
    let list = playlist(format!("#EXTM3U\n#EXTINF:1,{title}\na.mp3\n{}", "b".repeat(MAX_ADDRESS + 1)).as_bytes(), "");
    let list = list.unwrap();
    assert_eq!((list.entries.len(), list.refused, list.entries[0].title.chars().count()), (1, 1, MAX_TEXT));

    let huge = vec![b'a'; MAX_BYTES + 1];
    assert!(matches!(playlist(&huge, "a.m3u"), Err(ListError::TooLong { bytes }) if bytes == MAX_BYTES + 1));
    assert!(matches!(feed(&huge), Err(ListError::TooLong { .. })));
    assert!(matches!(opml(&huge), Err(ListError::TooLong { .. })));
    assert!(matches!(stations(&huge), Err(ListError::TooLong { .. })));
}

#[test]
fn a_line_on_the_screen_stays_one() {
    let list = playlist("#EXTM3U\n#EXTINF:1,\u{202e}evil\u{7}\ttitle  \u{a0} x \na.mp3".as_bytes(), "").unwrap();
    assert_eq!(list.entries[0].title, "evil title x");
    assert!(matches!(playlist(b"#EXTM3U\na\0b.mp3", ""), Err(ListError::Empty)));
}

fn episodes(feed: &Feed) -> String {
    let mut told = format!("{} | {} | {}", feed.title, feed.author, feed.art.as_deref().unwrap_or("-"));
    for Episode { guid, title, url, media_type, bytes, length_us, published_unix, art } in &feed.episodes {
        let art = art.as_deref().unwrap_or("-");
        write!(
            told,
            "\n{guid} | {title} | {url} | {media_type} | {bytes:?} | {length_us:?} | {published_unix:?} | {art}"
        )
        .unwrap();
    }
    told
}

#[test]
fn rss_with_the_words_of_podcasts() {
    let text = r#"<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>
    <rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:m="http://search.yahoo.com/mrss/">
    <channel><title>Cars &amp; Roads</title><link>https://pod.example/</link><itunes:author>Ann</itunes:author>
      <itunes:image href="https://pod.example/cover.jpg"/><image><url>https://pod.example/small.png</url><title>no</title></image>
      <managingEditor>《编辑》。a@b.com</managingEditor>
      <item><title>Older</title><guid isPermaLink="false"> one </guid><pubDate>Sun, 01 Nov 2026 06:00:00 GMT</pubDate>
        <enclosure url="https://pod.example/1.mp3?a=1&b=2" type="audio/mpeg" length="1234"/><itunes:duration>12:34</itunes:duration></item>
      <item><itunes:title>Newer &lol2; &nbsp;</itunes:title><pubDate>Mo, 2 Nov 2026 06:00:00 +0100</pubDate><description><![CDATA[<p>x]]></description>
        <m:content url="https://pod.example/2.jpg" medium="image"/><m:content url="https://pod.example/2-low.ogg" duration="60"/>
        <enclosure url="https://pod.example/2.ogg" type="audio/ogg" length="lots"/><itunes:duration>1:02:03</itunes:duration>
        <itunes:image href="https://pod.example/2.jpg"/></item>
      <item><title>A page</title><link>https://pod.example/page</link></item>
      <item><title>Twice</title><guid>one</guid><enclosure url="https://pod.example/1b.mp3"/></item>
      <item><title>Undated</title><guid>u</guid><enclosure url="https://pod.example/u.mp3"/>
        <itunes:duration>99999999999999999999999</itunes:duration><pubDate>soon</pubDate></item>
      <item><title>Evil</title><enclosure url="file:///etc/passwd"/></item>
    </channel></rss>"#;
    assert_snapshot!(episodes(&feed(text.as_bytes()).unwrap()), @r#"
        Cars & Roads | Ann | https://pod.example/cover.jpg
        https://pod.example/2.ogg | Newer &lol2; &nbsp; | https://pod.example/2.ogg | audio/ogg | None | Some(3723000000) | Some(1793595600) | https://pod.example/2.jpg
        one | Older | https://pod.example/1.mp3?a=1&b=2 | audio/mpeg | Some(1234) | Some(754000000) | Some(1793512800) | -
        u | Undated | https://pod.example/u.mp3 |  | None | None | None | -
        "#);
}

#[test]
fn atom_and_rss_1() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Talks</title><author><name>Bob</name></author>
      <logo>http://a.example/l.png</logo>
      <entry><id>tag:a.example,2026:1</id><title>T1</title><updated>2026-11-02T06:00:00Z</updated><published>2026-11-01T06:00:00+01:00</published>
        <link rel="alternate" href="http://a.example/1"/><link rel="enclosure" type="audio/mpeg" length="9" href="http://a.example/1.mp3"/>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><title>no</title></div></content></entry></feed>"#;
    assert_snapshot!(episodes(&feed(atom.as_bytes()).unwrap()), @r#"
        Talks | Bob | http://a.example/l.png
        tag:a.example,2026:1 | T1 | http://a.example/1.mp3 | audio/mpeg | Some(9) | None | Some(1793509200) | -
        "#);
    let rdf = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel><title>Old</title></channel><item><title>One</title><dc:date>2026-11-01</dc:date><enclosure url="http://o.example/1.mp3"/></item></rdf:RDF>"#;
    assert_snapshot!(episodes(&feed(rdf.as_bytes()).unwrap()), @r#"
        Old |  | -
        http://o.example/1.mp3 | One | http://o.example/1.mp3 |  | None | None | Some(1793491200) | -
        "#);
}

#[test]
fn a_broken_feed_keeps_what_stood_before() {
    let start = "<rss><channel><title>T</title><item><enclosure url='http://p.example/1.mp3'/></item>";
    assert_eq!(feed(format!("{start}<item><title>cut").as_bytes()).unwrap().episodes.len(), 1);
    assert_eq!(feed(format!("{start}</wrong>").as_bytes()).unwrap().episodes.len(), 1);
    assert!(matches!(feed(b"<rss><channel><title>cut"), Err(ListError::Xml { .. })));
    assert!(matches!(feed(b"<html><head>"), Err(ListError::WebPage)));
    assert!(matches!(feed(b"{}"), Err(ListError::Unknown)));
    assert_eq!(feed(b"<rss><channel><title>new</title></channel></rss>").unwrap().episodes, []);
    let deep = format!("<rss><channel>{}", "<a xml:base='b/'>".repeat(100_000));
    assert!(matches!(feed(deep.as_bytes()), Err(ListError::TooDeep { .. })));
}

#[test]
fn a_long_feed_keeps_the_newest() {
    let mut text = "<rss><channel>".to_owned();
    for number in 0..MAX_EPISODES + 10 {
        let date = format!("<pubDate>{} Nov 2026 06:00:00 GMT</pubDate>", 1 + number % 30);
        write!(text, "<item>{date}<enclosure url='http://p.example/{number}.mp3'/></item>").unwrap();
    }
    let feed = feed(format!("{text}</channel></rss>").as_bytes()).unwrap();
    assert_eq!(feed.episodes.len(), MAX_EPISODES);
    assert!(feed.episodes.is_sorted_by_key(|episode| std::cmp::Reverse(episode.published_unix)));
}

#[test]
fn opml_as_apps_export_it() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?><opml version="1.0"><head><title>Mine</title></head><body>
      <outline text="Feeds"><outline type="rss" text="One" xmlUrl="https://one.example/feed?a=1&amp;b=2" htmlUrl="https://one.example/"/>
      <outline text="News"><outline type="rss" text="x" title="Two &amp; more" xmlurl="http://two.example/rss"/></outline></outline>
      <outline text="again" xmlUrl="https://one.example/feed?a=1&amp;b=2"/><outline text="no" xmlUrl="pcast://three.example/"/></body></opml>"#;
    let told: Vec<_> = opml(text.as_bytes()).unwrap().into_iter().map(|s| format!("{} {}", s.title, s.url)).collect();
    assert_eq!(told, ["One https://one.example/feed?a=1&b=2", "Two & more http://two.example/rss"]);
    assert!(matches!(opml(b"<opml><body/></opml>"), Err(ListError::Empty)));
    assert!(matches!(opml(b"<rss/>"), Err(ListError::Unknown)));
    let deep = format!("<opml><body>{}", "<outline text='x'>".repeat(1_000));
    assert!(matches!(opml(deep.as_bytes()), Err(ListError::TooDeep { .. })));
}

#[test]
fn stations_of_radio_browser_one_by_one() {
    let text = r#"[{"changeuuid":"x","stationuuid":"960E57C5-0601-11E8-AE97-52543BE04C81","name":"\tRadio  One","url":"http://one.example/list.m3u",
        "url_resolved":"http://one.example/live","homepage":"https://one.example","favicon":"javascript:alert(1)","tags":"news, talk,,jazz",
        "country":"Germany","language":"german","codec":"MP3","bitrate":128,"hls":0,"geo_lat":null,"extra":{"deep":[1,{"a":2}]}},
        {"name":"Two","url":"https://two.example/x.m3u8","url_resolved":"","bitrate":"64","hls":1,"tags":null,"stationuuid":7},
        {"name":"No address"},{"name":["odd"],"url":"http://x.example"},17,null,"text",[[]],{"name":"Bad","url":"rtsp://x.example"}]"#;
    let (stations, refused) = stations(text.as_bytes()).unwrap();
    assert_eq!(refused, 7);
    assert_snapshot!(format!("{stations:#?}"), @r#"
        [
            Station {
                uuid: "960e57c5-0601-11e8-ae97-52543be04c81",
                name: "Radio One",
                url: "http://one.example/live",
                homepage: "https://one.example/",
                favicon: "",
                country: "Germany",
                language: "german",
                tags: [
                    "news",
                    "talk",
                    "jazz",
                ],
                codec: "MP3",
                bitrate: 128,
                hls: false,
            },
            Station {
                uuid: "",
                name: "Two",
                url: "https://two.example/x.m3u8",
                homepage: "",
                favicon: "",
                country: "",
                language: "",
                tags: [],
                codec: "",
                bitrate: 64,
                hls: true,
            },
        ]
        "#);
}

#[test]
fn stations_of_other_lists() {
    let (found, refused) =
        stations(b"#EXTM3U\n#EXTINF:-1,One\nhttp://a.example/\nlocal.mp3\nhttps://b.example/x.m3u8\n").unwrap();
    let told: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.url.as_str(), s.hls)).collect();
    assert_eq!(told, [("One", "http://a.example/", false), ("b.example", "https://b.example/x.m3u8", true)]);
    assert_eq!(refused, 1);
    assert_eq!(stations(b"[playlist]\nFile1=http://a.example/\nTitle1=A\n").unwrap().0[0].name, "A");
    assert_eq!(stations(br#"{"name":"Alone","url":"http://a.example/"}"#).unwrap().0.len(), 1);
    assert_eq!(stations(b"#EXTM3U\nhttp:\\\\a.example\n").unwrap().0[0].url, "http://a.example/");
    let long_host = format!("[playlist]\nFile1=http://{}.example/\n", "a".repeat(MAX_TEXT));
    assert_eq!(stations(long_host.as_bytes()).unwrap().0[0].name, "a".repeat(MAX_TEXT));
    assert!(matches!(stations(b"[{\"name\":\"cut"), Err(ListError::Json(_))));
    assert!(matches!(stations(b"[] tail"), Err(ListError::Json(_))));
    assert!(matches!(stations(b"[]"), Err(ListError::Empty)));
    let deep = "[".repeat(100_000);
    assert!(matches!(stations(deep.as_bytes()), Err(ListError::Json(_))));
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9éß晴天 ]{0,12}[a-z晴]"
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0..6usize) {
        let start = ["", "#EXTM3U\n", "[playlist]\n", "<playlist>", "<rss><channel><item>", "[{\"name\":"][which];
        let bytes = [start.as_bytes(), &bytes].concat();
        let list = playlist(&bytes, "x.m3u");
        prop_assert!(list.is_err() || list.is_ok_and(|list| !list.entries.is_empty()));
        let _ = (feed(&bytes), opml(&bytes), stations(&bytes));
    }

    #[test]
    fn a_written_list_reads_the_same(
        lines in proptest::collection::vec((word(), word(), word(), 1..100_000i64), 1..20),
    ) {
        let (mut m3u, mut pls, mut xspf) = ("#EXTM3U\n".to_owned(), "[playlist]\n".to_owned(), "<playlist><trackList>".to_owned());
        for (number, (title, artist, path, seconds)) in lines.iter().enumerate() {
            write!(m3u, "#EXTINF:{seconds},{artist} - {title}\n{path}.mp3\n").unwrap();
            write!(pls, "File{number}={path}.mp3\nTitle{number}={title}\nLength{number}={seconds}\n").unwrap();
            write!(xspf, "<track><location>{path}.mp3</location><title>{title}</title><creator>{artist}</creator>\
                <duration>{seconds}000</duration></track>").unwrap();
        }
        xspf.push_str("</trackList></playlist>");
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (which, text) in [&m3u, &pls, &xspf].into_iter().enumerate() {
            let list = playlist(text.as_bytes(), "").unwrap();
            prop_assert_eq!(list.entries.len(), lines.len());
            for (entry, (title, artist, path, seconds)) in list.entries.iter().zip(&lines) {
                prop_assert_eq!(&entry.title, &tidy(title));
                prop_assert_eq!(&entry.artist, &if which == 1 { String::new() } else { tidy(artist) });
                prop_assert_eq!(&entry.address, &format!("{}.mp3", path.trim_start()));
                prop_assert_eq!(entry.length_us, Some(seconds * 1_000_000));
            }
        }
    }
}
