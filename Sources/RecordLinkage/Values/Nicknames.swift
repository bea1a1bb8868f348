/// Which first names may be short or familiar forms of one name.
enum Nicknames {
  /// The numbers of the groups that a folded name belongs to, ascending; empty for names that stand alone.
  static func groups(_ name: ArraySlice<UInt8>) -> [UInt16] { groupsByName[Array(name)] ?? [] }

  /// Whether two folded names share a group.
  static func share(_ a: [UInt16], _ b: [UInt16]) -> Bool { a.contains { b.contains($0) } }

  /// The full form of a group.
  static func fullForm(_ group: UInt16) -> [UInt8] { fullForms[Int(group)] }

  /// The number of short forms of a group.
  static func shortForms(_ group: UInt16) -> Int { shortFormCounts[Int(group)] }

  private static let groupsByName: [[UInt8]: [UInt16]] = {
    var result: [[UInt8]: [UInt16]] = [:]
    for (number, group) in groups.enumerated() {
      for name in group.split(separator: " ") { result[Array(name.utf8), default: []].append(UInt16(number)) }
    }
    return result
  }()

  private static let fullForms: [[UInt8]] = groups.map { Array(($0.split(separator: " ").first ?? "").utf8) }

  private static let shortFormCounts: [Int] = groups.map { $0.split(separator: " ").count - 1 }

  /// The full form first, then its short, familiar and foreign forms. A short form stands in every group that it may come from.
  private static let groups = """
    abigail abby abbie gail; abraham abe bram; adam ad; adelaide addie adele heidi; adrian ade; agnes aggie nessie;
    albert al bert bertie albrecht; alberto beto; alejandra alex ale; alejandro alex ale jandro;
    alexander alex al sandy xander lex sascha sasha alec alek alessandro;
    alexandra alex sandra sandy lexi sasha alexa lexie; alfred al alf alfie fred freddie; alice ali allie;
    alison ali allie; allan al alan allen; amanda mandy manda; amelia amy mia millie; andrea andie andi andy drea;
    andrew andy drew andreas andre; angela angie ange; anita nita; ann annie anna anne nan;
    anna annie ann anne hanna ania; anne annie ann anna; annette annie nettie; anthony tony ant anton antonio;
    antonia toni tonia; antonio tony toni tonio; archibald archie; arnold arnie; arthur art artie;
    augustus gus august; austin aus; barbara barb barbie babs bobbie; bartholomew bart; beatrice bea trixie;
    belinda bel lindy; benedict ben; benjamin ben benny benji benjy; bernadette bernie;
    bernard bernie barney bernhard; bethany beth; beverly bev; bradley brad; brandon brand; brenda bren;
    brendan bren; bridget bridie biddy; calvin cal; cameron cam; camille cam millie; carl karl carlo;
    carlos carlitos; carol carrie caz; caroline carol carrie caro lina karoline; carolyn carol carrie lyn;
    cassandra cass cassie sandra; catherine cathy cat cate kate katie kathy kitty cath katherine kathryn;
    cecilia cece celia cissy; charles charlie chuck chas chip karl carl; charlotte charlie lottie char lotte;
    cheryl cherie; chester chet; chloe clo; christian chris; christina chris tina christy chrissy kristina;
    christine chris tina christy chrissy chrissie kristine; christopher chris kit topher christoph; clarence clare;
    claudia claudie; clifford cliff; clinton clint; constance connie; cornelius neil con; crystal chris; curtis curt;
    cynthia cindy cyndi; daniel dan danny; daniela dani; danielle dani; david dave davy davey;
    deborah deb debbie debby debra; debra deb debbie; denise denny; dennis den denny; diana di diane; diane di;
    dmitri dima mitya dimitri dmitry; dolores lola; dominic dom nick; donald don donnie donny; donna don;
    dorothy dot dottie dolly dory thea; douglas doug dougie; duncan dunc; dylan dyl; edgar ed eddie; edith edie;
    edmund ed eddie ned ted; eduardo ed edu; edward ed eddie ned ted teddy ward; edwin ed eddie;
    eleanor ellie nell nora elle eleonora; elena lena; elijah eli;
    elizabeth liz beth betty lizzie eliza betsy bess libby lisa elisabeth elsie lisbeth liza; ellen nell ellie;
    emily em emmy millie emmie; emma em emmy; eric rick ricky; ernest ernie ernst; esther essie hettie; ethan eth;
    eugene gene; evelyn eve evie ev; ezekiel zeke; felicity fliss flick; ferdinand ferdie nando fernando;
    florence flo flossie; frances fran frannie fanny francie; francis frank fran frankie franz;
    francisco paco pancho fran cisco; frank frankie francis; franklin frank;
    frederick fred freddie freddy fritz friedrich rick; gabriel gabe; gabriela gabby gaby gabi;
    gabrielle gabby gaby gabi; geoffrey geoff jeff; george georgie jorge georg; georgina georgie gina;
    gerald gerry jerry; geraldine gerry; gertrude trudy gert gertie; gilbert gil bert; giovanni gianni vanni;
    giuseppe beppe peppe; gloria glo; grace gracie; graham gray; gregory greg gregg; guadalupe lupe; guillermo memo;
    gustavo gus tavo; gwendolyn gwen wendy; hannah hanna annie; harold harry hal; harriet hattie harry;
    harrison harry; heather heath; helen nell nellie lena ellen helena; henrietta hettie etta;
    henry hank harry hal heinrich; herbert herb bert; hiroshi hiro; howard howie; hubert bert hugh; ignacio nacho;
    irene renie; isaac ike zac; isabel izzy bella isa belle isabelle isabella; isabella izzy bella isa belle;
    isabelle izzy bella isa belle; isaiah ike zay; jacob jake jack jakob; jacqueline jackie jacqui;
    james jim jimmy jamie jem; jane janie janey jenny; janet jan; janice jan; jasmine jas jazz; jason jay jase;
    jean jeannie; jeffrey jeff geoff; jennifer jen jenny jenn jennie; jeremiah jerry; jeremy jerry jem; jerome jerry;
    jerry jer gerald; jessica jess jessie; joan joanie; joanna jo joan; joanne jo joann;
    johannes hans hannes jan johann; john johnny jack jon johnnie ian; jonathan jon jonny john nathan; jordan jordy;
    jose pepe pepito joseph; josef sepp; joseph joe joey jos jo; josephine jo josie; joshua josh; joyce joy;
    juan juanito; juanita nita; judith judy jude judi; julia jules julie; julian jules; juliana jules;
    julie jules jul; justin jus just; justine tina; karen kari kaz; katarzyna kasia;
    katherine kate kathy katie kat kitty kathryn catherine kath kay katharina; kathleen kathy kath kate kay katie;
    kathryn kathy kate katie kat kath; keith kei; kenneth ken kenny; kevin kev; kimberly kim kimmy;
    konstantin kostya; kristen kris kristy; kristina kris tina krissy; kyle ky; larry lars laurence;
    laura laurie lori; lauren laurie lori; laurence larry laurie; lawrence larry laurie lars law lorenz;
    leonard leo len lenny leon; leonardo leo leon; leopold leo; leslie les; lillian lil lily lilly;
    linda lindy lin lyn; lisa lise elisabeth; lorraine lori; louis lou louie luis ludwig; louise lou lulu;
    lucas luke; lucille lucy lu; lucinda lucy cindy; luigi gigi; lydia lyddie; madeleine maddie maddy;
    madison maddie maddy; magdalena lena magda; malcolm mal malc; manuel manny manolo; marcus marc mark;
    margaret maggie meg peggy marge margie greta rita daisy madge peg margarete; maria mary mia mari ria; marie mary;
    marilyn mari lyn; marion mary; marjorie marge margie; mark marky marc; martha marty mattie; martin marty mart;
    marvin marv; mary molly polly mamie may; mathilda tilda tilly mattie matilda; matthew matt matty mat matthias;
    maureen mo; maurice moe mo maury; maximilian max maxi; maxwell max; megan meg; melanie mel;
    melissa mel missy lissa; melvin mel; mercedes mercy; michael mike mick micky mickey mikey mitch michel;
    michele micki shelly; michelle shelly mich micki; mikhail misha; mildred millie; milton milt; minna minnie;
    miranda randy mandy; miriam mimi; mitchell mitch; mohammed mo mohammad muhammad mohamed; monica moni mona;
    morris mo; nadezhda nadia; nancy nan nance; natalia nat natasha tasha; natalie nat nattie; natasha tasha nat;
    nathan nate nat; nathaniel nate nat nathan; nicholas nick nicky nico nik nicolas niklas klaus;
    nicole nicky nikki nic; nikolai kolya nick; nina ninochka; noah noe; norman norm; olga olya; oliver ollie noll;
    olivia liv livvy ollie; oscar ozzie; oswald ozzie; pamela pam pammy;
    patricia pat patty tricia trish patsy pattie trisha; patrick pat paddy rick patty; paul pauly; paula polly;
    pauline polly; penelope penny; peter pete pierre; philip phil pip phillip; philippa pippa pip; phyllis phyl;
    prudence prue; rachel rach rae; rafael rafa raf; ralph ralphie; randall randy rand; raphael rafe raf;
    raymond ray; rebecca becky becca beck bec; reginald reg reggie; reinhold reini; ricardo rick ricky rico;
    richard rick dick rich richie ricky ritchie; robert bob rob bobby robbie bert robin roberto; roberta bobbie;
    roberto rob beto bob; roderick rod roddy; rodney rod; roger rodge; roland roly; ronald ron ronnie ronny;
    rosa rosie rosita; rosalind ros rosie; rosemary rose rosie; rudolf rudi rudy; russell russ rusty; ruth ruthie;
    ryan ry; sabrina bri; salvador sal chava; salvatore sal toto; samantha sam sammie; samuel sam sammy;
    sandra sandy sandi; santiago santi; sara sally; sarah sally sadie sara; scott scotty; sean shaun shawn;
    sebastian seb bastian bas; sergei seryozha serge; sharon shaz shari; sheila shelly; shirley shirl; sidney sid;
    simon si; sofia sophie sofi; solomon sol; sophia sophie sofia; sophie soph; stacey stace; stanley stan;
    stefan stef steffen; stephanie steph steffi stevie stephie; stephen steve stevie steph; steven steve stevie;
    stewart stu stew; stuart stu stew; susan sue suzy susie suzie suse; susanna sue suzy susie;
    suzanne sue suzy suzie susie zanna; svetlana sveta lana; sylvester sly; sylvia syl; tabitha tabby;
    tamara tammy tam; tatiana tanya; terence terry; teresa terry tess tessa tere terri tracy theresa; terry ter;
    thaddeus thad tad; theodora dora thea; theodore ted teddy theo; theresa terry tess tessa tracy reese;
    thomas tom tommy thom tomas; timothy tim timmy; tobias toby tobi; tyler ty; valentina val; valerie val;
    vanessa nessa ness; veronica ronnie vera nica; vicente chente; victor vic vick;
    victoria vicky tori vickie vicki tory; vincent vince vinny vin; viola vi; violet vi lettie;
    virginia ginny ginger gina; vivian viv vi; vladimir volodya vova vlad; walter walt wally wat; wanda wan;
    wayne way; wendell wen; wilfred wilf will fred; wilhelm willi willy helmut; wilhelmina mina billie minnie;
    william will bill billy willie liam wil willy; winifred winnie fred; winston win; yekaterina katya;
    yevgeny zhenya; yolanda yoli; yuki yuk; zachary zach zack zac; zoe zo
    """.split(whereSeparator: { $0 == ";" || $0 == "\n" })
}

/// First names and their full forms, for rules that compare names exactly.
public enum GivenNames {
  /// The full form that a folded name (lower-case ASCII letters) may stand for; the name itself when it stands alone. Of several
  /// the first in the order of the list, so that all who share a short form get the same.
  public static func fullForm(_ folded: [UInt8]) -> [UInt8] {
    Nicknames.groups(folded[...]).first.map(Nicknames.fullForm) ?? folded
  }
}
