import './base.css';
import './reviews.css';
import './packages.css';
import './desk.css';
