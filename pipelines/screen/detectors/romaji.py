"""Common Japanese surnames in Hepburn romaji, for addresses of the form surname.given@ (a match key only)."""

SURNAMES = frozenset(
    """sato satou suzuki takahashi tanaka watanabe ito itou itoh yamamoto nakamura kobayashi kato katou yoshida yamada
    sasaki yamaguchi matsumoto inoue kimura hayashi saito saitou shimizu yamazaki mori abe ikeda hashimoto yamashita
    ishikawa nakajima maeda fujita ogawa goto gotou okada hasegawa murakami kondo kondou ishii sakamoto endo endou aoki
    fujii nishimura fukuda ota ohta miura okamoto fujiwara matsuda nakagawa nakano harada ono tamura takeuchi kaneko
    wada nakayama ishida ueda morita shibata sakai kudo kudou yokoyama miyazaki miyamoto uchida takagi ando andou
    taniguchi ohno oono maruyama imai takada fujimoto takeda murata ueno sugiyama masuda sugawara hirano otsuka ootsuka
    kojima chiba kubo matsui iwasaki sakurai kinoshita noguchi matsuo kikuchi nomura arai sano sugimoto furukawa
    hamada ichikawa onishi oonishi shimada mizuno sakaguchi nagai iwata yoshikawa hirata kawaguchi higuchi tsuchiya
    kawasaki hattori nishida nagata kitamura yasuda homma honma nakanishi kawakami kuroda minami tsuji inagaki
    higashi ozawa oshima ooshima matsuoka takeshita""".split()
)
