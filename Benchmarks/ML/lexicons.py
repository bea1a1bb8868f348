#!/usr/bin/env python3
"""The lexicons that the sentiment model starts from, as `lab sentiment-train --lexicon` reads them: a word, a tab, its valence.

usage: lexicons.py FOLDER   writes vader.txt and pattern.txt (needs vaderSentiment and textblob from PyPI)

vader.txt: words, emoticons and emoji of vaderSentiment (MIT); an emoji says what the words of its description say.
pattern.txt: words of Pattern's lexicon of adjectives as textblob carries it (public domain, PDDL), polarity times 3.2.
"""
import os, sys
import xml.etree.ElementTree as xml
from statistics import mean

# What descriptions of emoji call otherwise than the lexicon does.
PHRASES = {
    "thumbs up": "great", "thumbs down": "bad", "hundred points": "perfect", "pouting": "angry", "symbols on mouth": "angry",
    "nauseated": "disgusting", "vomiting": "disgusting", "rolling eyes": "annoying", "broken heart": "heartbroken",
}


def write(path, words):
    with open(path, "w", encoding="utf-8") as out:
        for word, valence in sorted(words.items()):
            out.write(f"{word}\t{valence:.4f}\n")
    return path


def lexicons(folder):
    import textblob
    import vaderSentiment
    root = os.path.dirname(vaderSentiment.__file__)
    vader, emoji = {}, {}
    with open(os.path.join(root, "vader_lexicon.txt"), encoding="utf-8") as lines:
        for line in lines:
            word, valence = line.split("\t")[:2]
            vader[word] = float(valence)
    with open(os.path.join(root, "emoji_utf8_lexicon.txt"), encoding="utf-8") as lines:
        for line in lines:
            sign, description = line.rstrip("\n").split("\t")[:2]
            # One code point: what joins several is read as each of them.
            words = description.lower()
            for phrase, word in PHRASES.items():
                words = words.replace(phrase, word)
            valence = sum(vader.get(word, 0) for word in words.replace("-", " ").split())
            if len(sign) == 1 and valence != 0:
                emoji[sign] = max(-4, min(4, valence))
    polarities = {}
    for word in xml.parse(os.path.join(os.path.dirname(textblob.__file__), "en", "en-sentiment.xml")).getroot():
        if " " not in word.get("form"):
            polarities.setdefault(word.get("form").lower(), []).append(float(word.get("polarity")))
    pattern = {word: 3.2 * mean(values) for word, values in polarities.items() if mean(values) != 0}
    return [write(os.path.join(folder, "vader.txt"), {**emoji, **vader}), write(os.path.join(folder, "pattern.txt"), pattern)]


if __name__ == "__main__":
    print("\n".join(lexicons(sys.argv[1])))
