CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.claim_attempt(key bytea, name character varying, free integer, stop integer, max_wait_ms double precision, quiet_ms double precision, OUT counted integer, OUT wait_ms double precision) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
  quiet interval := quiet_ms * interval '1 millisecond';

begin
  insert into sign_in_failures as held (account_key, bucket, failures, last_at)
  values (key, name, 1, now())
  on conflict (account_key, bucket) do update set
    failures = case when held.last_at < now() - quiet then 1 else held.failures + 1 end,
    last_at = now(),
    blocked_until = case
      when held.last_at < now() - quiet or held.failures < free then null
      when held.failures + 1 >= stop then now() + quiet
      else now() + least(1000 * power(2, least(held.failures + 1 - free, 30)), max_wait_ms) * interval '1 millisecond'
    end
  where held.last_at < now() - quiet or held.blocked_until is null or held.blocked_until <= now()
  returning held.failures into counted;
  if counted is null then
    select extract(epoch from blocked_until - clock_timestamp()) * 1000 into wait_ms
    from sign_in_failures
    where account_key = key and bucket = name;
    wait_ms := greatest(coalesce(wait_ms, 0), 1);
  end if;

end
$$;

CREATE TABLE public.outbox (
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    user_id uuid,
    user_version integer,
    type character varying(100) NOT NULL,
    data jsonb NOT NULL,
    request_id character varying(128) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    stream character varying(255),
    stream_created character varying(40),
    stream_sequence bigint,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error character varying(500),
    parked_at timestamp with time zone,
    sequence bigint,
    CONSTRAINT outbox_version_with_user CHECK (((user_id IS NULL) = (user_version IS NULL)))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

CREATE FUNCTION public.claim_events(after_key uuid, after_position bigint, most integer) RETURNS SETOF public.outbox
    LANGUAGE plpgsql ROWS 512
    SET search_path TO '$user', 'public'
    AS $$
begin
  perform number_events(most);
  return query select * from waiting_events(after_key, after_position, most);

end
$$;

CREATE TABLE public.webhook_deliveries (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    is_test boolean NOT NULL,
    event_id uuid NOT NULL,
    sequence bigint,
    user_id uuid,
    user_version integer,
    type character varying(100) NOT NULL,
    data jsonb NOT NULL,
    request_id character varying(128) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    status character varying(10) DEFAULT 'pending'::character varying NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    leased_until timestamp with time zone,
    ended_at timestamp with time zone,
    last_status_code integer,
    last_error character varying(300),
    CONSTRAINT webhook_deliveries_ended CHECK ((((status)::text = 'pending'::text) = (ended_at IS NULL)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

CREATE FUNCTION public.claim_webhook_deliveries(most integer, in_flight integer, lease_ms double precision) RETURNS SETOF public.webhook_deliveries
    LANGUAGE plpgsql ROWS 16
    SET search_path TO '$user', 'public'
    AS $$
declare
  remaining integer := most;
  candidate uuid;
  endpoint webhook_endpoints%rowtype;
  free integer;
  chosen uuid[];

begin
  chosen := array(
    select id from webhook_deliveries
    where status = 'pending' and is_test and due_at <= clock_timestamp()
    order by due_at
    limit remaining
    for update skip locked
  );
  for candidate in
    select id from webhook_endpoints waiting
    where disabled_at is null and (paused_until is null or paused_until <= clock_timestamp())
      and exists (
        select from webhook_deliveries
        where endpoint_id = waiting.id and status = 'pending' and due_at <= clock_timestamp() and not is_test
      )
    order by random()
  loop
    exit when cardinality(chosen) >= most;
    select * into endpoint from webhook_endpoints
    where id = candidate and disabled_at is null and (paused_until is null or paused_until <= clock_timestamp())
    for update skip locked;
    continue when not found;
    free := case when endpoint.ordered or endpoint.paused_until is not null then 1 else in_flight end - (
      select count(*) from webhook_deliveries
      where endpoint_id = candidate and status = 'pending' and not is_test and leased_until > clock_timestamp()
    );
    continue when free <= 0;
    remaining := least(free, most - cardinality(chosen));
    if endpoint.ordered then
      chosen := chosen || array(
        select id from (
          select id, due_at from webhook_deliveries
          where endpoint_id = candidate and status = 'pending' and not is_test
          order by sequence
          limit 1
        ) head
        where due_at <= clock_timestamp()
      );
    else
      chosen := chosen || array(
        select id from webhook_deliveries
        where endpoint_id = candidate and status = 'pending' and not is_test and due_at <= clock_timestamp()
        order by due_at, sequence
        limit remaining
        for update skip locked
      );
    end if;
  end loop;
  return query
    update webhook_deliveries delivery
    set attempts = delivery.attempts + 1, leased_until = lease.ends_at, due_at = lease.ends_at
    from (select clock_timestamp() + lease_ms * interval '1 millisecond' as ends_at) lease
    where delivery.id = any (chosen) and delivery.status = 'pending' and delivery.due_at <= clock_timestamp()
    returning delivery.*;

end
$$;

CREATE FUNCTION public.clear_outdated_restrictions() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
begin
  if new.status = 'active' then
    new.disabled_until := null;
  end if;
  if new.password is distinct from old.password and new.expired_password is not distinct from old.expired_password then
    new.expired_password := null;
  end if;
  return new;

end
$$;

CREATE FUNCTION public.end_sessions_of_inactive_user() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
  event_id_start text := left(make_event_id()::text, 28);
  -- Seconds of the newest session: it may begin in the second after an earlier revocation.
  newest constant bigint := (select floor(extract(epoch from max(created_at))) from sessions where user_id = new.id);

begin
  -- More than ten sessions have one revocation, of the user. Its time is that of the end of the deletion: until then a
  -- session may get a token.
  insert into session_revocations (session_id, user_id, kind)
  select gen_random_uuid(), new.id, 'user'
  where (
    select count(*) from (select from sessions where user_id = new.id and expires_at > now() limit 11) live
  ) > 10;
  with ended as (
    delete from sessions where user_id = new.id returning id, expires_at
  )
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select (event_id_start || (10000000 + row_number() over (order by id)))::uuid, new.id, new.version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', 'user_disabled'), 'status-change', clock_timestamp()
  from ended
  where expires_at > now()
  order by id;
  update session_revocations
  set revoked_at = clock_timestamp(),
    not_before = greatest(not_before, newest, floor(extract(epoch from clock_timestamp())))
  where kind = 'user' and user_id = new.id and transaction_id = pg_current_xact_id();
  return null;

end
$$;

CREATE FUNCTION public.fill_service_account_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
begin
  insert into service_account_keys (id, service_account_id, key_hash, created_at)
  values (make_event_id(), new.id, new.key_hash, new.created_at)
  on conflict (key_hash) do nothing;
  return null;

end
$$;

CREATE FUNCTION public.fill_user_search() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
begin
  if tg_op = 'UPDATE' then
    if (old.id, old.first_name, old.last_name, old.email) is not distinct from (new.id, new.first_name, new.last_name, new.email)
    then return null; end if;
  end if;
  insert into user_search (user_id, searched)
  values (new.id, ' ' || concat_ws(' ', fold_for_search(new.first_name), fold_for_search(new.last_name),
    fold_for_search(new.email)))
  on conflict (user_id) do update set searched = excluded.searched;
  return null;

end
$$;

CREATE FUNCTION public.fold_for_search(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
begin
  if octet_length(value) = char_length(value) then return lower(value collate "C"); end if;
  return normalize(
    translate(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      replace(replace(replace(replace(replace(replace(replace(replace(normalize(value, nfd)
     , 'ß', 'ss'), 'ŉ', 'ʼn'), 'և', 'եւ'), 'ẚ', 'aʾ'), 'ẞ', 'ss'), 'ﬀ', 'ff'), 'ﬁ', 'fi'), 'ﬂ', 'fl')
     , 'ﬃ', 'ffi'), 'ﬄ', 'ffl'), 'ﬅ', 'st'), 'ﬆ', 'st'), 'ﬓ', 'մն'), 'ﬔ', 'մե'), 'ﬕ', 'մի'), 'ﬖ', 'վն')
     , 'ﬗ', 'մխ') collate "C",
      E'abcdefghijklmnopqrstuvwxyz\u0301\u0300\u0308\u0303\u0302\u0327\u030c\u0306\u0323\u031b\u0328\u0304\u0307\u030aабвгдежзиклмнопрстуф' ||
      'хцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωABCDEFGHIJKLMNOPQRSTUVWXY' ||
      'ZµÆÐØÞĐĦĲĿŁŊŒŦſƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǄǅǇǈǊǋǤǱǲǶǷ' ||
      E'ȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎ\u0345ͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςϏϐϑϕϖϘϚϜϞϠϢϤϦ' ||
      'ϨϪϬϮϰϱϴϵϷϹϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪ' ||
      'ѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎ' ||
      'ԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖႠႡႢႣႤႥ' ||
      'ႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍᎠᎡᎢᎣᎤᎥᎦᎧᎨᎩᎪᎫᎬᎭᎮᎯᎰᎱᎲᎳᎴᎵᎶᎷᎸᎹ' ||
      'ᎺᎻᎼᎽᎾᎿᏀᏁᏂᏃᏄᏅᏆᏇᏈᏉᏊᏋᏌᏍᏎᏏᏐᏑᏒᏓᏔᏕᏖᏗᏘᏙᏚᏛᏜᏝᏞᏟᏠᏡᏢᏣᏤᏥᏦᏧᏨᏩᏪᏫᏬᏭᏮᏯᏰᏱᏲᏳᏴᏵ' ||
      'ᲀᲁᲂᲃᲄᲅᲆᲇᲈᲉᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿỺỼỾℲ' ||
      'ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅬⅭⅮⅯↃⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌⰍⰎⰏⰐ' ||
      'ⰑⰒⰓⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠⰡⰢⰣⰤⰥⰦⰧⰨⰩⰪⰫⰬⰭⰮⰯⱠⱢⱣⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿⲀⲂⲄⲆⲈⲊⲌⲎⲐⲒⲔⲖⲘⲚ' ||
      'ⲜⲞⲠⲢⲤⲦⲨⲪⲬⲮⲰⲲⲴⲶⲸⲺⲼⲾⳀⳂⳄⳆⳈⳊⳌⳎⳐⳒⳔⳖⳘⳚⳜⳞⳠⳢⳫⳭⳲꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨ' ||
      'ꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂ' ||
      'ꞄꞆꞋꞍꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨꞪꞫꞬꞭꞮꞰꞱꞲꞳꞴꞶꞸꞺꞼꞾꟀꟂꟄꟅꟆꟇꟉꟋꟌ꟎Ꟑ꟒꟔ꟖꟘꟚꟜꟵＡＢＣＤＥＦＧＨＩＪＫ' ||
      'ＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋𐐌𐐍𐐎𐐏𐐐𐐑𐐒𐐓𐐔𐐕𐐖𐐗𐐘𐐙𐐚𐐛𐐜𐐝𐐞𐐟𐐠𐐡𐐢𐐣𐐤𐐥𐐦𐐧𐒰𐒱𐒲𐒳𐒴' ||
      '𐒵𐒶𐒷𐒸𐒹𐒺𐒻𐒼𐒽𐒾𐒿𐓀𐓁𐓂𐓃𐓄𐓅𐓆𐓇𐓈𐓉𐓊𐓋𐓌𐓍𐓎𐓏𐓐𐓑𐓒𐓓𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼𐕽𐕾𐕿𐖀𐖁𐖂𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎' ||
      '𐖏𐖐𐖑𐖒𐖔𐖕𐲀𐲁𐲂𐲃𐲄𐲅𐲆𐲇𐲈𐲉𐲊𐲋𐲌𐲍𐲎𐲏𐲐𐲑𐲒𐲓𐲔𐲕𐲖𐲗𐲘𐲙𐲚𐲛𐲜𐲝𐲞𐲟𐲠𐲡𐲢𐲣𐲤𐲥𐲦𐲧𐲨𐲩𐲪𐲫𐲬𐲭𐲮𐲯𐲰𐲱𐲲𐵐𐵑𐵒' ||
      '𐵓𐵔𐵕𐵖𐵗𐵘𐵙𐵚𐵛𐵜𐵝𐵞𐵟𐵠𐵡𐵢𐵣𐵤𐵥𑢠𑢡𑢢𑢣𑢤𑢥𑢦𑢧𑢨𑢩𑢪𑢫𑢬𑢭𑢮𑢯𑢰𑢱𑢲𑢳𑢴𑢵𑢶𑢷𑢸𑢹𑢺𑢻𑢼𑢽𑢾𑢿𖹀𖹁𖹂𖹃𖹄𖹅𖹆𖹇𖹈' ||
      '𖹉𖹊𖹋𖹌𖹍𖹎𖹏𖹐𖹑𖹒𖹓𖹔𖹕𖹖𖹗𖹘𖹙𖹚𖹛𖹜𖹝𖹞𖹟𖺠𖺡𖺢𖺣𖺤𖺥𖺦𖺧𖺨𖺩𖺪𖺫𖺬𖺭𖺮𖺯𖺰𖺱𖺲𖺳𖺴𖺵𖺶𖺷𖺸𞤀𞤁𞤂𞤃𞤄𞤅𞤆𞤇𞤈𞤉𞤊𞤋' ||
      '𞤌𞤍𞤎𞤏𞤐𞤑𞤒𞤓𞤔𞤕𞤖𞤗𞤘𞤙𞤚𞤛𞤜𞤝𞤞𞤟𞤠𞤡',
      E'abcdefghijklmnopqrstuvwxyz\u0301\u0300\u0308\u0303\u0302\u0327\u030c\u0306\u0323\u031b\u0328\u0304\u0307\u030aабвгдежзиклмнопрстуф' ||
      'хцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωabcdefghijklmnopqrstuvwxy' ||
      'zμæðøþđħĳŀłŋœŧsɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǆǆǉǉǌǌǥǳǳƕƿ' ||
      'ȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏιͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωσϗβθφπϙϛϝϟϡϣϥϧ' ||
      'ϩϫϭϯκρθεϸϲϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫ' ||
      'ѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏ' ||
      'ԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆⴀⴁⴂⴃⴄⴅ' ||
      'ⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭꭰꭱꭲꭳꭴꭵꭶꭷꭸꭹꭺꭻꭼꭽꭾꭿꮀꮁꮂꮃꮄꮅꮆꮇꮈꮉ' ||
      'ꮊꮋꮌꮍꮎꮏꮐꮑꮒꮓꮔꮕꮖꮗꮘꮙꮚꮛꮜꮝꮞꮟꮠꮡꮢꮣꮤꮥꮦꮧꮨꮩꮪꮫꮬꮭꮮꮯꮰꮱꮲꮳꮴꮵꮶꮷꮸꮹꮺꮻꮼꮽꮾꮿᏸᏹᏺᏻᏼᏽ' ||
      'вдосттъѣꙋᲊაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺჽჾჿỻỽỿⅎ' ||
      'ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅺⅻⅼⅽⅾⅿↄⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹⰺⰻⰼⰽⰾⰿⱀ' ||
      'ⱁⱂⱃⱄⱅⱆⱇⱈⱉⱊⱋⱌⱍⱎⱏⱐⱑⱒⱓⱔⱕⱖⱗⱘⱙⱚⱛⱜⱝⱞⱟⱡɫᵽɽⱨⱪⱬɑɱɐɒⱳⱶȿɀⲁⲃⲅⲇⲉⲋⲍⲏⲑⲓⲕⲗⲙⲛ' ||
      'ⲝⲟⲡⲣⲥⲧⲩⲫⲭⲯⲱⲳⲵⲷⲹⲻⲽⲿⳁⳃⳅⳇⳉⳋⳍⳏⳑⳓⳕⳗⳙⳛⳝⳟⳡⳣⳬⳮⳳꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩ' ||
      'ꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃ' ||
      'ꞅꞇꞌɥꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩɦɜɡɬɪʞʇʝꭓꞵꞷꞹꞻꞽꞿꟁꟃꞔʂᶎꟈꟊɤꟍ꟏ꟑꟓꟕꟗꟙꟛƛꟶａｂｃｄｅｆｇｈｉｊｋ' ||
      'ｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳𐐴𐐵𐐶𐐷𐐸𐐹𐐺𐐻𐐼𐐽𐐾𐐿𐑀𐑁𐑂𐑃𐑄𐑅𐑆𐑇𐑈𐑉𐑊𐑋𐑌𐑍𐑎𐑏𐓘𐓙𐓚𐓛𐓜' ||
      '𐓝𐓞𐓟𐓠𐓡𐓢𐓣𐓤𐓥𐓦𐓧𐓨𐓩𐓪𐓫𐓬𐓭𐓮𐓯𐓰𐓱𐓲𐓳𐓴𐓵𐓶𐓷𐓸𐓹𐓺𐓻𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣𐖤𐖥𐖦𐖧𐖨𐖩𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵' ||
      '𐖶𐖷𐖸𐖹𐖻𐖼𐳀𐳁𐳂𐳃𐳄𐳅𐳆𐳇𐳈𐳉𐳊𐳋𐳌𐳍𐳎𐳏𐳐𐳑𐳒𐳓𐳔𐳕𐳖𐳗𐳘𐳙𐳚𐳛𐳜𐳝𐳞𐳟𐳠𐳡𐳢𐳣𐳤𐳥𐳦𐳧𐳨𐳩𐳪𐳫𐳬𐳭𐳮𐳯𐳰𐳱𐳲𐵰𐵱𐵲' ||
      '𐵳𐵴𐵵𐵶𐵷𐵸𐵹𐵺𐵻𐵼𐵽𐵾𐵿𐶀𐶁𐶂𐶃𐶄𐶅𑣀𑣁𑣂𑣃𑣄𑣅𑣆𑣇𑣈𑣉𑣊𑣋𑣌𑣍𑣎𑣏𑣐𑣑𑣒𑣓𑣔𑣕𑣖𑣗𑣘𑣙𑣚𑣛𑣜𑣝𑣞𑣟𖹠𖹡𖹢𖹣𖹤𖹥𖹦𖹧𖹨' ||
      '𖹩𖹪𖹫𖹬𖹭𖹮𖹯𖹰𖹱𖹲𖹳𖹴𖹵𖹶𖹷𖹸𖹹𖹺𖹻𖹼𖹽𖹾𖹿𖺻𖺼𖺽𖺾𖺿𖻀𖻁𖻂𖻃𖻄𖻅𖻆𖻇𖻈𖻉𖻊𖻋𖻌𖻍𖻎𖻏𖻐𖻑𖻒𖻓𞤢𞤣𞤤𞤥𞤦𞤧𞤨𞤩𞤪𞤫𞤬𞤭' ||
      '𞤮𞤯𞤰𞤱𞤲𞤳𞤴𞤵𞤶𞤷𞤸𞤹𞤺𞤻𞤼𞤽𞤾𞤿𞥀𞥁𞥂𞥃'), nfc);

end
$$;

CREATE FUNCTION public.hide_mail_from_older_builds() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  new.next_attempt_at := 'infinity';
  return new;

end
$$;

CREATE FUNCTION public.make_event_id() RETURNS uuid
    LANGUAGE sql
    AS $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;

CREATE FUNCTION public.note_deleted_events() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
begin
  update event_counter
  set first_sequence = greatest(first_sequence, gone.newest + 1)
  from (select max(sequence) as newest from deleted) gone
  where name = 'outbox' and gone.newest >= first_sequence;
  return null;

end
$$;

CREATE FUNCTION public.number_events(most integer, OUT numbered integer, OUT newest bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
declare
  newest_id uuid;

begin
  if not exists (select from outbox where sequence is null) then
    numbered := 0;
    select last_sequence into newest from event_counter where name = 'outbox';
    newest := coalesce(newest, 0);
    return;
  end if;
  select last_sequence into newest from event_counter where name = 'outbox' for update;
  if not found then
    insert into event_counter (name, last_sequence, first_sequence)
    select 'outbox', coalesce(max(sequence), 0), coalesce(min(sequence), 1) from outbox
    on conflict do nothing;
    select last_sequence into newest from event_counter where name = 'outbox' for update;
  end if;
  -- Locked first: a row that is deleted meanwhile must not take a number.
  with waiting as (
    select id, position from outbox where sequence is null order by position limit most for update
  ), numbers as (
    select id, newest + row_number() over (order by position) as sequence from waiting
  ), given as (
    update outbox set sequence = numbers.sequence from numbers where outbox.id = numbers.id
    returning outbox.id, outbox.sequence
  )
  select count(*), (array_agg(id order by given.sequence desc))[1] into numbered, newest_id from given;
  if numbered = 0 then return; end if;
  newest := newest + numbered;
  update event_counter set last_sequence = newest, last_event_id = newest_id where name = 'outbox';

end
$$;

CREATE FUNCTION public.number_revocations(most integer, OUT numbered integer, OUT newest bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
declare
  newest_id uuid;

begin
  if not exists (select from session_revocations where sequence is null and kind <> 'session_of_user') then
    numbered := 0;
    select last_sequence into newest from event_counter where name = 'revocations';
    newest := coalesce(newest, 0);
    return;
  end if;
  select last_sequence into newest from event_counter where name = 'revocations' for update;
  if not found then
    insert into event_counter (name, last_sequence)
    select 'revocations', coalesce(max(sequence), 0) from session_revocations where sequence is not null
    on conflict do nothing;
    select last_sequence into newest from event_counter where name = 'revocations' for update;
  end if;
  -- Locked first: a row that is deleted meanwhile must not take a number.
  with waiting as (
    select session_id, transaction_id from session_revocations
    where sequence is null and kind <> 'session_of_user'
    order by transaction_id limit most for update
  ), numbers as (
    select session_id, newest + row_number() over (order by transaction_id, session_id) as sequence from waiting
  ), given as (
    update session_revocations set sequence = numbers.sequence from numbers
    where session_revocations.session_id = numbers.session_id
    returning session_revocations.session_id, session_revocations.sequence
  )
  select count(*), (array_agg(session_id order by given.sequence desc))[1] into numbered, newest_id from given;
  if numbered = 0 then return; end if;
  newest := newest + numbered;
  update event_counter set last_sequence = newest, last_event_id = newest_id where name = 'revocations';

end
$$;

CREATE FUNCTION public.queue_webhook_deliveries(most integer, most_pending integer, OUT queued integer, OUT skipped bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
  newest bigint;
  oldest bigint;
  endpoint webhook_endpoints%rowtype;
  candidate uuid;
  reached bigint;
  first_id text;
  made integer;

begin
  queued := 0;
  skipped := 0;
  select last_sequence, first_sequence into newest, oldest from event_counter where name = 'outbox';
  for candidate in
    select id from webhook_endpoints where disabled_at is null and queued_sequence < coalesce(newest, 0) order by id
  loop
    select * into endpoint from webhook_endpoints
    where id = candidate and disabled_at is null
    for update skip locked;
    continue when not found or endpoint.queued_sequence >= newest;
    continue when (
      select count(*) from (
        select from webhook_deliveries
        where endpoint_id = candidate and status = 'pending'
        limit most_pending
      ) waiting
    ) >= most_pending;
    if endpoint.queued_sequence < oldest - 1 then
      skipped := skipped + oldest - 1 - endpoint.queued_sequence;
      update webhook_endpoints
      set skipped_events = skipped_events + oldest - 1 - queued_sequence, queued_sequence = oldest - 1
      where id = candidate;
      endpoint.queued_sequence := oldest - 1;
    end if;
    reached := least(newest, endpoint.queued_sequence + most);
    -- Ids of one batch are in the order of the feed.
    first_id := make_event_id()::text;
    insert into webhook_deliveries (
      id, endpoint_id, is_test, event_id, sequence, user_id, user_version, type, data, request_id, occurred_at
    )
    select (left(first_id, 28) || lpad(to_hex(event.sequence - endpoint.queued_sequence), 8, '0'))::uuid,
      candidate, false, event.id, event.sequence, event.user_id, event.user_version, event.type,
      event.data, event.request_id, event.occurred_at
    from outbox event
    where event.sequence > endpoint.queued_sequence and event.sequence <= reached
      and (endpoint.user_id is null or event.user_id = endpoint.user_id)
      and (
        endpoint.types is null or event.type = any (endpoint.types)
        or split_part(event.type, '.', 1) || '.*' = any (endpoint.types)
      )
    order by event.sequence
    on conflict on constraint webhook_deliveries_event do nothing;
    get diagnostics made = row_count;
    queued := queued + made;
    update webhook_endpoints set queued_sequence = reached where id = candidate;
  end loop;

end
$$;

CREATE FUNCTION public.refuse_change_of_acts() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
begin
  raise exception 'the record of administrative acts is append-only';

end
$$;

CREATE FUNCTION public.revoke_all_sessions() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
begin
  insert into session_revocations (session_id, user_id)
  select id, user_id from sessions where expires_at > now()
  on conflict do nothing;
  return null;

end
$$;

CREATE FUNCTION public.revoke_deleted_sessions() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
  all_revoked_at constant timestamptz := (select max(revoked_at) from session_revocations where kind = 'all');

begin
  begin
    insert into session_revocations (session_id, user_id, kind)
    select id, user_id, case when created_at <= all_revoked_at or exists (
      select from session_revocations revoked
      where revoked.kind = 'user' and revoked.user_id = deleted.user_id and transaction_id = pg_current_xact_id()
    ) then 'session_of_user' else 'session' end
    from deleted where expires_at > now();
  exception when unique_violation then
    insert into session_revocations (session_id, user_id)
    select id, user_id from deleted where expires_at > now()
    on conflict do nothing;
  end;
  return null;

end
$$;

CREATE FUNCTION public.search_tokens(searched text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT COST 10000 PARALLEL SAFE
    AS $$
declare
  letters text[] := string_to_array(searched, null);
  tokens text[] := '{}';
  found integer := 0;

begin
  for place in 1 .. cardinality(letters) - 1 loop
    if strpos(' .@+-_''', letters[place]) > 0 then
      found := found + 1;
      tokens[found] := letters[place] || letters[place + 1];
    end if;
    if place + 2 <= cardinality(letters) then
      found := found + 1;
      tokens[found] := letters[place] || letters[place + 1] || letters[place + 2];
    end if;
  end loop;
  return tokens;

end
$$;

CREATE FUNCTION public.waiting_events(after_key uuid, after_position bigint, most integer) RETURNS SETOF public.outbox
    LANGUAGE plpgsql STABLE ROWS 512
    SET search_path TO '$user', 'public'
    SET enable_sort TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
begin
  return query
  select event.* from outbox event
  where event.published_at is null
    and (coalesce(event.user_id, event.id), event.position) > (after_key, after_position)
  order by coalesce(event.user_id, event.id), event.position
  limit most;

end
$$;

CREATE TABLE public.administrative_acts (
    id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    action character varying(40) NOT NULL,
    user_id uuid NOT NULL,
    actor_kind character varying(20) NOT NULL,
    actor_id uuid,
    operator character varying(100),
    reason character varying(500),
    request_id character varying(128) NOT NULL
);

CREATE TABLE public.challenge_guesses (
    guess_key bytea NOT NULL,
    window_started_at timestamp with time zone NOT NULL,
    guesses integer NOT NULL
);

CREATE TABLE public.challenge_requests (
    id uuid NOT NULL,
    purpose character varying(10) NOT NULL,
    user_id uuid,
    email character varying(254) NOT NULL,
    by_holder boolean NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT challenge_requests_purpose CHECK (((purpose)::text = ANY ((ARRAY['verify'::character varying, 'reset'::character varying, 'change'::character varying])::text[])))
);

CREATE TABLE public.challenge_sends (
    address_key bytea NOT NULL,
    sent_at timestamp with time zone[] NOT NULL,
    last_sent_at timestamp with time zone NOT NULL
);

CREATE TABLE public.challenges (
    id uuid NOT NULL,
    purpose character varying(10) NOT NULL,
    user_id uuid,
    email character varying(254),
    by_holder boolean NOT NULL,
    former_verified boolean NOT NULL,
    token_hash bytea NOT NULL,
    code_hmac bytea,
    guess_key bytea NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    code_expires_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    CONSTRAINT challenges_address_of_user CHECK (((user_id IS NULL) = (email IS NULL))),
    CONSTRAINT challenges_purpose CHECK (((purpose)::text = ANY ((ARRAY['verify'::character varying, 'reset'::character varying, 'change'::character varying, 'undo'::character varying])::text[])))
);

CREATE TABLE public.event_counter (
    name character varying(50) NOT NULL,
    last_sequence bigint DEFAULT 0 NOT NULL,
    last_event_id uuid,
    first_sequence bigint DEFAULT 1 NOT NULL,
    restored_sequence bigint DEFAULT 0 NOT NULL,
    restored_version integer DEFAULT 0 NOT NULL,
    restoring_since timestamp with time zone
)
WITH (fillfactor='10');

CREATE TABLE public.idempotency_keys (
    caller_id character varying(100) NOT NULL,
    key_hash bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint DEFAULT 0 NOT NULL,
    sealed_answer bytea DEFAULT '\x'::bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_answer_size CHECK ((octet_length(sealed_answer) <= 20000)),
    CONSTRAINT idempotency_keys_key_hash_sha256 CHECK ((octet_length(key_hash) = 32))
);

CREATE TABLE public.invitations (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    first_name character varying(100),
    last_name character varying(100),
    locale character varying(35),
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mail_budget (
    hour timestamp with time zone NOT NULL,
    admitted integer NOT NULL
);

CREATE TABLE public.mail_queue (
    id uuid NOT NULL,
    user_id uuid,
    kind character varying(50) NOT NULL,
    recipient character varying(254) NOT NULL,
    subject character varying(200) NOT NULL,
    body text NOT NULL,
    message_id character varying(300),
    created_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    failed_at timestamp with time zone,
    last_error character varying(300),
    locale character varying(35),
    sealed_content bytea,
    due_at timestamp with time zone,
    expires_at timestamp with time zone,
    mailbox character varying(254),
    admitted_at timestamp with time zone,
    suppressed boolean DEFAULT false NOT NULL,
    CONSTRAINT mail_queue_header_text CHECK ((((recipient)::text || (subject)::text) !~ '[[:cntrl:]]'::text)),
    CONSTRAINT mail_queue_one_end CHECK (((sent_at IS NULL) OR (failed_at IS NULL)))
);

CREATE TABLE public.master_key_uses (
    fingerprint bytea NOT NULL,
    last_used_at timestamp with time zone NOT NULL
);

ALTER TABLE public.outbox ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.registration_requests (
    id uuid NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(20),
    locale character varying(35),
    password character varying(255) NOT NULL,
    password_form smallint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.relay_lease (
    name character varying(50) NOT NULL,
    holder character varying(100) NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    stream character varying(255),
    stream_created character varying(40),
    stream_sequence bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='10');

CREATE TABLE public.service_account_keys (
    id uuid NOT NULL,
    service_account_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone
);

CREATE TABLE public.service_accounts (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT service_accounts_scopes_present CHECK ((cardinality(scopes) > 0))
);

CREATE TABLE public.session_revocations (
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    revoked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    transaction_id xid8 DEFAULT pg_current_xact_id(),
    kind text DEFAULT 'session'::text NOT NULL,
    not_before bigint,
    sequence bigint
);

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    ip character varying(45),
    user_agent character varying(256),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    absolute_expires_at timestamp with time zone NOT NULL,
    refresh_hash bytea NOT NULL,
    previous_refresh_hash bytea,
    rotated_at timestamp with time zone,
    sealed_successor bytea,
    authenticated_at timestamp with time zone DEFAULT now(),
    CONSTRAINT sessions_expiry_order CHECK ((expires_at <= absolute_expires_at))
);

CREATE TABLE public.sign_in_failures (
    account_key bytea NOT NULL,
    bucket character varying(60) NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    blocked_until timestamp with time zone
);

CREATE TABLE public.signing_keys (
    kid character varying(64) NOT NULL,
    algorithm character varying(20) NOT NULL,
    public_jwk jsonb NOT NULL,
    encrypted_private_key bytea NOT NULL,
    status character varying(20) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    activated_at timestamp with time zone,
    retired_at timestamp with time zone,
    CONSTRAINT signing_keys_status_known CHECK (((status)::text = ANY ((ARRAY['signing'::character varying, 'verifying'::character varying])::text[])))
);

CREATE TABLE public.user_search (
    user_id uuid NOT NULL,
    searched text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(20) DEFAULT NULL::character varying,
    password character varying(255) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    status character varying(20) DEFAULT 'active'::character varying NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    password_form smallint DEFAULT 1 NOT NULL,
    locale character varying(35),
    disabled_until timestamp with time zone,
    expired_password character varying(255),
    CONSTRAINT users_email_canonical CHECK ((((email)::text = lower(((email)::text COLLATE "C"))) AND ((email)::text !~ '[^!-~]'::text))),
    CONSTRAINT users_status_known CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'disabled'::character varying])::text[]))),
    CONSTRAINT users_version_positive CHECK ((version > 0))
);

CREATE TABLE public.webhook_attempts (
    id bigint NOT NULL,
    delivery_id uuid NOT NULL,
    attempt integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_ms integer NOT NULL,
    status_code integer,
    error character varying(300),
    response character varying(1024)
);

ALTER TABLE public.webhook_attempts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook_endpoints (
    id uuid NOT NULL,
    url character varying(2000) NOT NULL,
    description character varying(200),
    types text[],
    user_id uuid,
    ordered boolean NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    disabled_reason character varying(30),
    queued_sequence bigint NOT NULL,
    skipped_events bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    paused_until timestamp with time zone,
    CONSTRAINT webhook_endpoints_disabled CHECK (((disabled_at IS NULL) = (disabled_reason IS NULL)))
)
WITH (fillfactor='50');

CREATE TABLE public.webhook_secrets (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    scheme character varying(3) NOT NULL,
    sealed_secret bytea NOT NULL,
    public_key character varying(100),
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone
);

ALTER TABLE ONLY public.administrative_acts
    ADD CONSTRAINT administrative_acts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.challenge_guesses
    ADD CONSTRAINT challenge_guesses_pkey PRIMARY KEY (guess_key);

ALTER TABLE ONLY public.challenge_requests
    ADD CONSTRAINT challenge_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.challenge_sends
    ADD CONSTRAINT challenge_sends_pkey PRIMARY KEY (address_key);

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event_counter
    ADD CONSTRAINT event_counter_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller_id, key_hash);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mail_budget
    ADD CONSTRAINT mail_budget_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.mail_queue
    ADD CONSTRAINT mail_queue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.master_key_uses
    ADD CONSTRAINT master_key_uses_pkey PRIMARY KEY (fingerprint);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.registration_requests
    ADD CONSTRAINT registration_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.relay_lease
    ADD CONSTRAINT relay_lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.service_account_keys
    ADD CONSTRAINT service_account_keys_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.service_account_keys
    ADD CONSTRAINT service_account_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.service_accounts
    ADD CONSTRAINT service_accounts_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.service_accounts
    ADD CONSTRAINT service_accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session_revocations
    ADD CONSTRAINT session_revocations_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sign_in_failures
    ADD CONSTRAINT sign_in_failures_pkey PRIMARY KEY (account_key, bucket);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (kid);

ALTER TABLE ONLY public.user_search
    ADD CONSTRAINT user_search_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT webhook_attempts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_event UNIQUE (endpoint_id, event_id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_secrets
    ADD CONSTRAINT webhook_secrets_pkey PRIMARY KEY (id);

CREATE INDEX administrative_acts_user_id_id_idx ON public.administrative_acts USING btree (user_id, id);

CREATE INDEX challenge_guesses_window_idx ON public.challenge_guesses USING btree (window_started_at);

CREATE INDEX challenge_requests_created_at_idx ON public.challenge_requests USING btree (created_at);

CREATE INDEX challenge_sends_last_sent_at_idx ON public.challenge_sends USING btree (last_sent_at);

CREATE INDEX challenges_expires_at_idx ON public.challenges USING btree (expires_at);

CREATE INDEX challenges_undo_email_idx ON public.challenges USING btree (email) WHERE ((purpose)::text = 'undo'::text);

CREATE INDEX challenges_user_id_idx ON public.challenges USING btree (user_id, purpose, created_at);

CREATE INDEX idempotency_keys_created_at_idx ON public.idempotency_keys USING btree (created_at);

CREATE INDEX invitations_email_idx ON public.invitations USING btree (email);

CREATE INDEX invitations_expires_at_idx ON public.invitations USING btree (expires_at);

CREATE INDEX mail_queue_due_idx ON public.mail_queue USING btree (next_attempt_at) WHERE ((sent_at IS NULL) AND (failed_at IS NULL));

CREATE INDEX mail_queue_ended_idx ON public.mail_queue USING btree (COALESCE(sent_at, failed_at)) WHERE ((sent_at IS NOT NULL) OR (failed_at IS NOT NULL));

CREATE INDEX mail_queue_mailbox_idx ON public.mail_queue USING btree (mailbox, created_at, id) WHERE ((mailbox IS NOT NULL) AND (NOT suppressed));

CREATE INDEX mail_queue_next_due_idx ON public.mail_queue USING btree (COALESCE(due_at, next_attempt_at)) WHERE ((sent_at IS NULL) AND (failed_at IS NULL));

CREATE INDEX outbox_heads_idx ON public.outbox USING btree (COALESCE(user_id, id), "position") WHERE (published_at IS NULL);

CREATE INDEX outbox_held_idx ON public.outbox USING btree ("position") WHERE ((published_at IS NULL) AND (attempts > 0));

CREATE UNIQUE INDEX outbox_position_key ON public.outbox USING btree ("position");

CREATE INDEX outbox_published_idx ON public.outbox USING btree (stream_sequence) WHERE (published_at IS NOT NULL);

CREATE UNIQUE INDEX outbox_sequence_idx ON public.outbox USING btree (sequence) WHERE (sequence IS NOT NULL);

CREATE INDEX outbox_unnumbered_idx ON public.outbox USING btree ("position") WHERE (sequence IS NULL);

CREATE INDEX outbox_waiting_idx ON public.outbox USING btree ("position") WHERE (published_at IS NULL);

CREATE INDEX registration_requests_created_at_idx ON public.registration_requests USING btree (created_at);

CREATE INDEX service_account_keys_service_account_id_idx ON public.service_account_keys USING btree (service_account_id, created_at);

CREATE UNIQUE INDEX service_accounts_name_in_use_key ON public.service_accounts USING btree (name) WHERE (revoked_at IS NULL);

CREATE UNIQUE INDEX session_revocations_sequence_idx ON public.session_revocations USING btree (sequence) WHERE (sequence IS NOT NULL);

CREATE INDEX session_revocations_transaction_id_idx ON public.session_revocations USING btree (transaction_id);

CREATE INDEX session_revocations_unnumbered_idx ON public.session_revocations USING btree (transaction_id) WHERE ((sequence IS NULL) AND (kind <> 'session_of_user'::text));

CREATE INDEX session_revocations_void_tokens_idx ON public.session_revocations USING btree (kind, user_id) WHERE (kind = ANY (ARRAY['user'::text, 'all'::text]));

CREATE INDEX sessions_expires_at_idx ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_user_id_id_idx ON public.sessions USING btree (user_id, id);

CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id, last_used_at DESC);

CREATE INDEX sign_in_failures_last_at_idx ON public.sign_in_failures USING btree (last_at);

CREATE UNIQUE INDEX signing_keys_one_next ON public.signing_keys USING btree ((true)) WHERE (((status)::text = 'verifying'::text) AND (published_at IS NOT NULL) AND (activated_at IS NULL));

CREATE UNIQUE INDEX signing_keys_one_signing ON public.signing_keys USING btree (status) WHERE ((status)::text = 'signing'::text);

CREATE INDEX user_search_tokens_idx ON public.user_search USING gin (public.search_tokens(searched)) WITH (gin_pending_list_limit='256');

CREATE INDEX users_disabled_until_idx ON public.users USING btree (disabled_until) WHERE (disabled_until IS NOT NULL);

CREATE INDEX users_search_idx ON public.users USING gin (NORMALIZE((((((' '::text || (first_name)::text) || ' '::text) || (last_name)::text) || ' '::text) || (email)::text), NFC) public.gin_trgm_ops);

CREATE INDEX webhook_attempts_delivery_id_idx ON public.webhook_attempts USING btree (delivery_id, id);

CREATE INDEX webhook_attempts_started_at_idx ON public.webhook_attempts USING btree (started_at);

CREATE INDEX webhook_deliveries_dead_idx ON public.webhook_deliveries USING btree (endpoint_id, ended_at) WHERE ((status)::text = 'dead'::text);

CREATE INDEX webhook_deliveries_due_idx ON public.webhook_deliveries USING btree (endpoint_id, due_at) WHERE ((status)::text = 'pending'::text);

CREATE INDEX webhook_deliveries_ended_idx ON public.webhook_deliveries USING btree (ended_at) WHERE ((status)::text <> 'pending'::text);

CREATE INDEX webhook_deliveries_head_idx ON public.webhook_deliveries USING btree (endpoint_id, sequence) WHERE ((status)::text = 'pending'::text);

CREATE INDEX webhook_deliveries_listed_idx ON public.webhook_deliveries USING btree (endpoint_id, id);

CREATE INDEX webhook_deliveries_test_idx ON public.webhook_deliveries USING btree (due_at) WHERE (((status)::text = 'pending'::text) AND is_test);

CREATE INDEX webhook_secrets_endpoint_id_idx ON public.webhook_secrets USING btree (endpoint_id);

CREATE TRIGGER administrative_acts_append_only BEFORE DELETE OR UPDATE ON public.administrative_acts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_acts();

CREATE TRIGGER mail_queue_hide_from_older_builds BEFORE INSERT OR UPDATE ON public.mail_queue FOR EACH ROW WHEN ((new.due_at IS NOT NULL)) EXECUTE FUNCTION public.hide_mail_from_older_builds();

CREATE TRIGGER note_deleted_events AFTER DELETE ON public.outbox REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION public.note_deleted_events();

CREATE TRIGGER service_accounts_fill_keys AFTER INSERT ON public.service_accounts FOR EACH ROW EXECUTE FUNCTION public.fill_service_account_keys();

CREATE TRIGGER sessions_revoke AFTER DELETE ON public.sessions REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION public.revoke_deleted_sessions();

CREATE TRIGGER sessions_revoke_all BEFORE TRUNCATE ON public.sessions FOR EACH STATEMENT EXECUTE FUNCTION public.revoke_all_sessions();

CREATE TRIGGER users_clear_outdated_restrictions BEFORE UPDATE ON public.users FOR EACH ROW WHEN (((new.disabled_until IS NOT NULL) OR (new.expired_password IS NOT NULL))) EXECUTE FUNCTION public.clear_outdated_restrictions();

CREATE TRIGGER users_end_sessions AFTER UPDATE OF status ON public.users FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND ((new.status)::text <> 'active'::text))) EXECUTE FUNCTION public.end_sessions_of_inactive_user();

CREATE TRIGGER users_fill_search AFTER INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.fill_user_search();

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.service_account_keys
    ADD CONSTRAINT service_account_keys_service_account_id_fkey FOREIGN KEY (service_account_id) REFERENCES public.service_accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_search
    ADD CONSTRAINT user_search_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_secrets
    ADD CONSTRAINT webhook_secrets_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES public.webhook_endpoints(id) ON DELETE CASCADE;
