# The flow call by call with boto3. Arguments: the endpoint. The last line is the tokens, as JSON.
import base64, hashlib, hmac, json, re, struct, sys, urllib.parse, urllib.request
import boto3

endpoint = sys.argv[1]
pool, client_id = "zz-local-1_Poolkeepr", "1poolkeeper0development000"
cognito = boto3.client(
    "cognito-idp", endpoint_url=endpoint, region_name="zz-local-1", aws_access_key_id="any", aws_secret_access_key="any"
)


def get(path):
    return json.load(urllib.request.urlopen(endpoint + path))


def totp(secret):
    now = get("/_poolkeeper/clock")["now"]
    from datetime import datetime

    step = int(datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp()) // 30
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF) % 1000000)


def advance(seconds):
    body = json.dumps({"advanceSeconds": seconds}).encode()
    urllib.request.urlopen(urllib.request.Request(endpoint + "/_poolkeeper/clock", data=body, method="POST"))


name, password = "boto@example.com", "Correct-horse-7"
cognito.sign_up(ClientId=client_id, Username=name, Password=password)
mail = get("/_poolkeeper/mailbox?to=" + urllib.parse.quote(name))[0]
cognito.confirm_sign_up(ClientId=client_id, Username=name, ConfirmationCode=re.search(r"\d{6}", mail["body"]).group())


def start():
    return cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client_id,
        AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )


def respond(challenge_name, session, **responses):
    return cognito.admin_respond_to_auth_challenge(
        UserPoolId=pool,
        ClientId=client_id,
        ChallengeName=challenge_name,
        Session=session,
        ChallengeResponses={"USERNAME": name, **responses},
    )["AuthenticationResult"]


# The first sign-in, which MFA_SETUP finishes.
challenge = start()
assert challenge["ChallengeName"] == "MFA_SETUP"
associated = cognito.associate_software_token(Session=challenge["Session"])
secret = associated["SecretCode"]
verified = cognito.verify_software_token(Session=associated["Session"], UserCode=totp(secret))
assert verified["Status"] == "SUCCESS"
set_up = respond("MFA_SETUP", verified["Session"])
assert cognito.get_user(AccessToken=set_up["AccessToken"])["Username"]

# The second, which the authenticator's next code finishes.
advance(30)
again = start()
assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
tokens = respond("SOFTWARE_TOKEN_MFA", again["Session"], SOFTWARE_TOKEN_MFA_CODE=totp(secret))
user = cognito.get_user(AccessToken=tokens["AccessToken"])
assert {"Name": "email", "Value": name} in user["UserAttributes"]
try:
    cognito.get_user(AccessToken=tokens["IdToken"])
    raise SystemExit("an ID token was taken for an access token")
except cognito.exceptions.NotAuthorizedException:
    pass
listed = cognito.list_users(UserPoolId=pool, Filter='email = "%s"' % name)["Users"]
assert [u["UserStatus"] for u in listed] == ["CONFIRMED"]
refreshed = cognito.initiate_auth(
    ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]}
)["AuthenticationResult"]
print(json.dumps([set_up, tokens, refreshed]))
cognito.global_sign_out(AccessToken=tokens["AccessToken"])
try:
    cognito.get_user(AccessToken=tokens["AccessToken"])
    raise SystemExit("a token outlived the sign-out")
except cognito.exceptions.NotAuthorizedException:
    pass
